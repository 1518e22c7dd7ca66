import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';

/**
 * Schemes by which a backend authenticates a connection instead of a request (RFC 4559 §6). Whoever sends on the connection
 * later is taken for the one who logged in.
 */
const loginSchemes = String.raw`(?:ntlm|negotiate|nego2|kerberos)`;
const loginCredentials = new RegExp(`^${loginSchemes}(?![\\w-])`, 'i');
/** A scheme with a token: a login is under way or has succeeded. The scheme alone is an offer that anybody gets. */
const loginReply = new RegExp(`(?:^|,)[ \\t]*${loginSchemes}[ \\t]+[^ \\t,=]`, 'i');

const replyFields = (1 << Field.wwwAuthenticate) | (1 << Field.proxyAuthenticate);

/** Whether a request logs in the connection it is sent on. */
export function logsIn(head: Head): boolean {
  return head.has(Field.authorization) && loginCredentials.test(head.valueOf(Field.authorization) ?? '');
}

/** Whether a response belongs to such a login. */
export function repliesToLogin(head: Head): boolean {
  if ((head.seen & replyFields) === 0) return false;
  return ['www-authenticate', 'proxy-authenticate'].some((name) => loginReply.test(head.combined(name) ?? ''));
}
