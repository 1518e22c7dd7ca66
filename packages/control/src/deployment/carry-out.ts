import type { Logger } from '@sluice/service';
import { ConfigurationConflictError, NotFoundError, ValidationError } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import type { Leader } from '../lock/index.ts';
import { ConflictError } from '../store/index.ts';
import type { Write } from '../store/index.ts';
import { withSuperseded } from './conflicts.ts';
import type { DeploymentStore } from './deployment-store.ts';
import { hasEnded } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { cancel, fail } from './endings.ts';
import type { Change, StoredDeployment } from './stored-deployment.ts';
import { byItself } from './transition.ts';
import type { EventDraft } from './transition.ts';

export interface CarryOutParts {
  readonly deploymentStore: DeploymentStore;
  readonly configuration: Configuration;
  readonly leader: Pick<Leader, 'guard'>;
  /** The audit entry of an event that nobody asked for. */
  readonly auditWrite: (deployment: Deployment, event: EventDraft) => Write;
  readonly log: Logger;
}

const author = { kind: 'system', name: byItself } as const;

/** What was decided, and what it was decided by. */
export interface Decided {
  readonly changes: readonly Change[];
  /** All open deployments. */
  readonly open: readonly StoredDeployment[];
  /** Fails when a freeze has begun since. */
  readonly freezeCheck?: Write;
}

/** Writes what was decided, in one commit. False when somebody else wrote first, so that nothing was done. */
export async function carryOut(parts: CarryOutParts, { changes, open, freezeCheck }: Decided): Promise<boolean> {
  const { deploymentStore, leader, auditWrite, configuration } = parts;
  const isForward = changes.some(({ transition }) => goesForward(transition.deployment));
  const checks = isForward && freezeCheck !== undefined ? [leader.guard(), freezeCheck] : [leader.guard()];
  const audit = changes.flatMap(({ transition: { deployment, events } }) =>
    events.filter((event) => isAudited(deployment, event)).map((event) => auditWrite(deployment, event)),
  );
  const all = changes.flatMap((change) => withSuperseded(change, { open, configuration }));
  try {
    await deploymentStore.commit(all, { author, alongside: [...checks, ...audit] }).catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      await endRefused(parts, changes[0], error);
    });
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Ends a deployment that the configuration refuses; what serves stays as it is. */
async function endRefused(
  { deploymentStore, leader, log }: CarryOutParts,
  { before, transition }: Change,
  error: Error,
): Promise<void> {
  if (before === undefined) throw error;
  const { deploymentId, startedAt } = before.deployment;
  const reason = `the configuration does not accept it: ${error.message}`;
  const end = startedAt === undefined ? cancel : fail;
  const ended = end(before.deployment, reason, { at: transition.deployment.updatedAt, by: byItself });
  await deploymentStore.commit([{ before, transition: ended }], { author, alongside: [leader.guard()] });
  log.error('a deployment cannot continue', { deploymentId, reason });
}

/** The candidate gets more traffic, or may. An emergency ignores freezes, and a plain change is live already. */
function goesForward(deployment: Deployment): boolean {
  const { status, settings, isPlain } = deployment;
  return !settings.emergency && isPlain !== true && (status === 'Completed' || !hasEnded(deployment));
}

/** Numbers and waiting are not audited. Neither is that nodes run a plain change, which its author answers for. */
function isAudited({ isPlain }: Deployment, { kind }: EventDraft): boolean {
  return isPlain === true ? kind === 'failed' : kind !== 'verdict' && kind !== 'waiting';
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof ValidationError || error instanceof ConfigurationConflictError || error instanceof NotFoundError
  );
}
