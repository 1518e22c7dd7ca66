import type { Logger } from '@sluice/service';
import { ConfigurationConflictError, NotFoundError, ValidationError, withoutSplit } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import type { Leader } from '../lock/index.ts';
import { ConflictError } from '../store/index.ts';
import type { Write } from '../store/index.ts';
import { rivalsOf, takesTheirPlace } from './blocked-by.ts';
import type { Change, DeploymentStore, StoredDeployment } from './deployment-store.ts';
import { endedStatuses } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { superseding } from './superseding.ts';
import * as transition from './transition.ts';
import type { EventDraft, Transition } from './transition.ts';

/** What it takes to carry out what was decided. */
export interface CarryOutParts {
  readonly kept: DeploymentStore;
  readonly configuration: Configuration;
  readonly leader: Pick<Leader, 'guard'>;
  /** The audit entry of something that the runner did. */
  readonly auditWrite: (deployment: Deployment, event: EventDraft) => Write;
  /** Tells everybody that a deployment changed. */
  readonly announce: (deploymentId: string) => void;
  readonly log: Logger;
}

/** What was decided of a deployment, and in the light of what. */
export interface Decision {
  readonly stored: StoredDeployment;
  readonly next: Transition;
  /** All that are open. */
  readonly open: readonly StoredDeployment[];
  /** Fails when the line was stopped or freed since. */
  readonly line: Write;
}

const author = { kind: 'system', name: transition.byItself } as const;

/** Does what was decided, in one commit; false when somebody else was faster, so that nothing was done. */
export async function carryOut(parts: CarryOutParts, decision: Decision): Promise<boolean> {
  const { kept, leader, announce, auditWrite } = parts;
  const { stored, next, line } = decision;
  const changes = changesOf(parts, decision);
  const last = changes.at(-1)!.transition.deployment;
  // Who stops the line is to find that nothing goes forward from then on, not even what was decided just before.
  const checks = isForward(last) ? [leader.guard(), line] : [leader.guard()];
  const audit = next.events
    .filter(({ kind }) => kind !== 'verdict' && kind !== 'waiting')
    .map((event) => auditWrite(last, event));
  try {
    await kept.commit(changes, { author, alongside: [...checks, ...audit] }).catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      // Its routes may be others because somebody has just ended it: then this is a conflict, too.
      await giveUp(parts, stored, { error, at: last.updatedAt });
    });
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
  for (const { transition: made } of changes) announce(made.deployment.deploymentId);
  return true;
}

/** What becomes of the deployment itself, after those whose place it takes. */
function changesOf({ configuration }: CarryOutParts, { stored, next, open }: Decision): readonly Change[] {
  const { deployment } = next;
  const isStart = stored.deployment.startedAt === undefined && deployment.startedAt !== undefined;
  const rivals = isStart && takesTheirPlace(stored.deployment.settings) ? rivalsOf(deployment, open) : [];
  const cause = { at: deployment.updatedAt, by: transition.byItself };
  const last = {
    ...deployment,
    ...(isStart && { routes: routesNow(configuration, deployment) }),
    ...(rivals.length > 0 && { supersedes: rivals.map((one) => one.deployment.deploymentId) }),
  };
  return [
    ...superseding(rivals, deployment.deploymentId, cause),
    { before: stored, transition: { ...next, deployment: last } },
  ];
}

/** The routes with the versions that serve when it begins: it may have waited for another deployment. */
function routesNow(configuration: Configuration, { routes, strategy }: Deployment): Deployment['routes'] {
  return routes.map((one) => {
    const document = configuration.route(one.routeId)?.document;
    const stableVersion = document?.['version'];
    return {
      ...one,
      ...(typeof stableVersion === 'string' && { stableVersion }),
      ...(strategy === 'Direct' && document !== undefined && { stable: withoutSplit(document) }),
    };
  });
}

/** The configuration refuses what the deployment wants: it ends, and what serves stays as it is. */
async function giveUp(
  { kept, leader, log }: CarryOutParts,
  stored: StoredDeployment,
  { error, at }: { readonly error: Error; readonly at: string },
): Promise<void> {
  const { deploymentId, startedAt } = stored.deployment;
  const reason = `the configuration does not take it: ${error.message}`;
  const end = startedAt === undefined ? transition.cancel : transition.fail;
  const ended = end(stored.deployment, reason, { at, by: transition.byItself });
  await kept.commit([{ before: stored, transition: ended }], { author, alongside: [leader.guard()] });
  log.error('a deployment cannot go on', { deploymentId, reason });
}

/** It gives the candidate more, or may; an emergency does so whatever holds the others. */
function isForward({ status, settings }: Deployment): boolean {
  return !settings.emergency && (status === 'Completed' || !endedStatuses.includes(status));
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof ValidationError || error instanceof ConfigurationConflictError || error instanceof NotFoundError
  );
}
