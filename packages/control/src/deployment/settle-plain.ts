import { formatDuration } from '@sluice/model';
import type { Deployment } from './deployment.ts';
import { faultsAfter, nodesBehind } from './facts.ts';
import type { Facts } from './facts.ts';
import { listed } from './moment.ts';
import * as transition from './transition.ts';
import type { Transition } from './transition.ts';

/** How long a live node may take to run a plain change before its record says that it does not, in milliseconds. */
const patienceMs = 10 * 60_000;

/**
 * What becomes of the record of a plain change, which is live whatever comes of it: it completes once every live node
 * runs it, and fails when one cannot. Pure; undefined while nodes are waited for.
 */
export function settlePlain(
  deployment: Deployment,
  facts: Pick<Facts, 'nodes' | 'revision'>,
  now: number,
): Transition | undefined {
  const { step, createdAt } = deployment;
  if (step?.kind !== 'settling') return undefined;
  const cause = { at: new Date(now).toISOString(), by: transition.byItself };
  const faults = faultsAfter(step.revision, facts);
  if (faults !== undefined) return failed(deployment, faults, cause);
  const behind = nodesBehind(step.revision, facts);
  if (behind.length === 0) return transition.complete(deployment, cause);
  if (now - Date.parse(createdAt) < patienceMs) return undefined;
  return failed(deployment, `${listed(behind)} did not run it within ${formatDuration(patienceMs)}`, cause);
}

/** Unlike a deployment, a plain change is not taken back: somebody wrote it, and the nodes that can run it do. */
function failed(deployment: Deployment, reason: string, cause: transition.Cause): Transition {
  const { deployment: ended, events } = transition.fail(deployment, `${reason}; the change stays as it is`, cause);
  const phases = ended.phases.map((phase) => ({ ...phase, status: 'Completed' as const }));
  return { deployment: { ...ended, phases, percentage: 100 }, events };
}
