import type { Handlers } from '../call.ts';
import type { Services } from '../services.ts';

export function auditHandlers({ access }: Services): Handlers<'listAuditLogs'> {
  return {
    async listAuditLogs({ query: { since, until, ...query } }) {
      const { items: auditLogs, total } = await access.audit.find({ ...query, since: utc(since), until: utc(until) });
      return { body: { auditLogs, total, limit: query.limit, offset: query.offset } };
    },
  };
}

/** Stored times are compared as text, so this one needs the same form. */
function utc(time: string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
