import { formatDuration } from '@sluice/model';
import { listed, waitForNodes } from './decision.ts';
import type { Deployment } from './deployment.ts';
import { fail } from './endings.ts';
import { faultsAfter, nodesBehind } from './facts.ts';
import type { Facts } from './facts.ts';
import { complete } from './progress.ts';
import { byItself } from './transition.ts';
import type { Cause, Transition } from './transition.ts';

/** How long a live node may take to run a plain change before its record fails, in milliseconds. */
const patienceMs = 10 * 60_000;

type NodesAndRevision = Pick<Facts, 'nodes' | 'revision'>;

/** A Direct deployment, which serves already, completes when every live node runs it. */
export function decideSettling(
  deployment: Deployment,
  facts: NodesAndRevision,
  { since, now, cause }: { readonly since: number; readonly now: number; readonly cause: Cause },
): Transition | undefined {
  const behind = nodesBehind(since, facts);
  return behind.length === 0 ? complete(deployment, cause) : waitForNodes(deployment, behind, { now, cause });
}

/**
 * The record of a plain change, which stays live in any case, completes when every live node runs it, and fails when one
 * cannot. Pure, as `decide` is.
 */
export function decidePlainChange(
  deployment: Deployment,
  facts: NodesAndRevision,
  now: number,
): Transition | undefined {
  const { step, createdAt } = deployment;
  if (step?.kind !== 'settling') return undefined;
  const cause = { at: new Date(now).toISOString(), by: byItself };
  const faults = faultsAfter(step.revision, facts);
  if (faults !== undefined) return failed(deployment, faults, cause);
  const behind = nodesBehind(step.revision, facts);
  if (behind.length === 0) return complete(deployment, cause);
  if (now - Date.parse(createdAt) < patienceMs) return undefined;
  return failed(deployment, `${listed(behind)} did not run it within ${formatDuration(patienceMs)}`, cause);
}

/** A plain change is not rolled back: its author wanted it, and the other nodes run it. */
function failed(deployment: Deployment, reason: string, cause: Cause): Transition {
  const { deployment: ended, events } = fail(deployment, `${reason}; the change stays as it is`, cause);
  const phases = ended.phases.map((phase) => ({ ...phase, status: 'Completed' as const }));
  return { deployment: { ...ended, phases, percentage: 100 }, events };
}
