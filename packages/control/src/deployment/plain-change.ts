import { deploymentSettings } from '@sluice/model';
import type { Author, Outcome } from '../configuration/index.ts';
import { environmentOf } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { deploymentIdOf, planDeployment } from './plan-deployment.ts';
import { start } from './progress.ts';
import { draft } from './transition.ts';
import type { Transition } from './transition.ts';

/** A change of routes that no deployment made. It is live already. */
export interface PlainChange {
  readonly outcome: Outcome;
  readonly author: Author;
  readonly reason?: string | undefined;
  readonly emergency?: boolean | undefined;
}

/** What the record of a plain change is made with. */
export interface PlainChangeContext {
  readonly random: { id(): string; token(): string };
  readonly config: EnvironmentConfig;
  /** Some node is live, and will report whether it runs the change. */
  readonly hasNodes: boolean;
  /** ISO 8601. */
  readonly at: string;
}

const directSettings = deploymentSettings.parse({ strategy: 'Direct' });

/**
 * Records a plain change as a Direct deployment, which completes when every live node runs it. Undefined when only
 * backends changed, or routes were removed.
 */
export function recordOf(
  { outcome, author, reason, emergency = false }: PlainChange,
  { random, config, hasNodes, at }: PlainChangeContext,
): Transition | undefined {
  const routes = outcome.changes.flatMap(({ entityType, entityId, before, after }) => {
    if (entityType !== 'route' || after === undefined) return [];
    const stableVersion = before?.version;
    const configVersion = after.version;
    return [{ routeId: entityId, configVersion, candidate: after, ...(before && { stableVersion }) }];
  });
  if (routes.length === 0) return undefined;
  const planned = planDeployment({
    deploymentId: deploymentIdOf(routes, random.id()),
    probeToken: random.token(),
    routes,
    settings: { ...directSettings, emergency },
    author,
    environment: environmentOf(routes[0].candidate, config),
    approvalFor: [],
    at,
  });
  const cause = { at, by: author.name };
  const record = { ...planned.deployment, ...(reason !== undefined && { reason }), isPlain: true as const };
  const { deployment } = start(record, cause, { revision: outcome.revision - 1, hasNodes });
  const text = `Changed directly by ${author.name}: ${routes.map(({ routeId }) => routeId).join(', ')}.`;
  return { deployment, events: [draft(hasNodes ? 'started' : 'completed', cause, text)] };
}
