/** `Max-Forwards` (RFC 9110 §7.6.2): a client asks how far OPTIONS and TRACE get, hop by hop. */
import { Field } from '../http1/field-names.ts';
import type { PolicyAnswer } from '../policy/policy.ts';
import type { Exchange } from './exchange.ts';

/** How many hops the request may still make; undefined if they are not counted. */
export function hopsLeft({ head, method }: Exchange): number | undefined {
  if (!head.has(Field.maxForwards) || (method !== 'OPTIONS' && method !== 'TRACE')) return undefined;
  const hops = head.valueOf(Field.maxForwards) as string;
  return /^\d+$/.test(hops) ? Math.min(Number(hops), 999_999_999) : undefined;
}

/**
 * The answer to a request that may go no further. For TRACE it is the request as it arrived, but only the fields that tell
 * its way: any other may be a secret that a script must not read.
 */
export function lastHopAnswer({ head, method }: Exchange): PolicyAnswer {
  if (method === 'OPTIONS') return { status: 204 };
  let body = `TRACE ${head.text.slice(head.targetStart, head.targetEnd)} HTTP/1.${head.minorVersion}\r\n`;
  for (const name of ['Host', 'Via', 'Max-Forwards']) {
    const value = head.combined(name.toLowerCase());
    if (value !== undefined) body += `${name}: ${value}\r\n`;
  }
  return { status: 200, headers: [['Content-Type', 'message/http']], body: `${body}\r\n` };
}
