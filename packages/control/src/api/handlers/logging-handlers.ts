import type { NodeCommand } from '@sluice/model';
import type { OperationId } from '@sluice/model/api';
import { randomUUID } from 'node:crypto';
import { auditFields } from '../audit-changes.ts';
import type { Call, Handlers } from '../call.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, `${string}LogLevel`>;

type LogLevelWish = Omit<Extract<NodeCommand, { readonly kind: 'logLevel' }>, 'id' | 'kind'>;

/** The level of the logs of all processes. */
export function loggingHandlers({ logLevels, hub, access, clock }: Services): Handlers<Ids> {
  const reply = () => {
    const { level, configured, until } = logLevels;
    return { body: { level, configured, ...(until !== undefined && { until: new Date(until).toISOString() }) } };
  };
  const ask = async (wish: LogLevelWish, call: Call) => {
    await access.audit.record({
      ...auditFields(call),
      eventType: wish.level === undefined ? 'logLevel.reset' : 'logLevel.changed',
      entityType: 'logLevel',
      entityId: 'logLevel',
      details: { ...wish },
    });
    // The hub hands it to this process, too.
    hub.command({ id: randomUUID(), kind: 'logLevel', ...wish });
    return reply();
  };
  return {
    getLogLevel: reply,
    setLogLevel: ({ body: { level, for: forMs } }, call) =>
      ask({ level, ...(forMs !== undefined && { until: new Date(clock() + forMs).toISOString() }) }, call),
    resetLogLevel: (_input, call) => ask({}, call),
  };
}
