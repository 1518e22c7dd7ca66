import type { ProxySettings } from '../compile/snapshot.ts';
import type { PolicyResponse } from '../policy/policy.ts';
import type { Exchange } from './exchange.ts';
import { viaLine } from './forwarded-fields.ts';
import { HeaderEdits } from './header-edits.ts';

/** The fields that every response of an exchange carries. */
export function fieldsOf({ requestId, settings, versionFields, responseFields, limitFields = '' }: Exchange): string {
  return ownFields(requestId, settings) + versionFields + responseFields + limitFields;
}

/** The fields that every response carries: Via, the request id and, if exposed, the revision. */
export function ownFields(requestId: string, { revisionField }: ProxySettings): string {
  return `${viaLine}X-Request-Id: ${requestId}\r\n${revisionField}`;
}

/** What the policies of the route change in a response: a backend's, an interim one, or the gateway's own. */
export function responseEdits(
  exchange: Exchange,
  status: number,
  header: (lowerCaseName: string) => string | undefined,
): HeaderEdits | undefined {
  const policies = exchange.route?.responsePolicies;
  if (policies === undefined) return undefined;
  const edits = new HeaderEdits();
  const response: PolicyResponse = {
    status,
    header,
    setHeader: (name, value) => edits.set(name, value),
    removeHeader: (name) => edits.remove(name),
  };
  for (const policy of policies) policy.onResponse?.(exchange, response);
  return edits;
}
