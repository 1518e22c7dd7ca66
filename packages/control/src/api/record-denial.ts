import type { OperationId, Operation } from '@sluice/model/api';
import { auditedActor } from '../access/index.ts';
import { StoreUnavailableError } from '../store/index.ts';
import type { Peer } from './call.ts';
import type { Denial } from './identify.ts';
import type { Services } from './services.ts';

/** Writes a denial into the audit log. While the store does not answer, the denial is only logged. */
export async function recordDenial(
  { access, log }: Pick<Services, 'access' | 'log'>,
  { actor, cause }: Denial,
  request: {
    readonly operation: Operation & { readonly id: OperationId };
    readonly peer: Peer;
    readonly traceId: string;
  },
): Promise<void> {
  const { operation, peer, traceId } = request;
  const { address } = peer;
  const reported = { operation: operation.id, reason: cause.message };
  try {
    await access.audit.record({
      eventType: 'access.denied',
      ...auditedActor(actor),
      address,
      traceId,
      outcome: 'denied',
      details: { ...reported, status: cause.status },
    });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log.warn('a request was denied, but the audit log could not be written', {
      ...reported,
      user: actor.name,
      address,
      traceId,
    });
  }
}
