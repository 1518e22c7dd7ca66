/** `Host` and the authority of a target: `uri-host [":" port]` (RFC 9110 §7.2). */
import { canonicalHost } from '@sluice/model/canonical-host';
import { isIPv6 } from 'node:net';

let lastAuthority = '';
let lastHost: string | undefined;

/**
 * The host of an authority in its canonical spelling, without port; undefined when it is not a host. perf: nearly always
 * the same one as before.
 */
export function hostOf(authority: string): string | undefined {
  if (authority === lastAuthority) return lastHost;
  lastAuthority = authority;
  lastHost = isHost(authority) ? canonicalHost(authority.replace(/:\d*$/, '')) : undefined;
  return lastHost;
}

/** Whether two authorities name the same host and the same port, which is that of the scheme if absent. */
export function sameAuthority(one: string, other: string, schemePort: number): boolean {
  return hostOf(one) === hostOf(other) && portOf(one, schemePort) === portOf(other, schemePort);
}

/** Whether an authority is made of the characters of names and addresses. */
function isHost(authority: string): boolean {
  const at = authority.charCodeAt(0) === 91 ? endOfAddress(authority) : endOfName(authority);
  if (at === 0) return false;
  if (at === authority.length) return true;
  if (authority.charCodeAt(at) !== 58 || authority.length - at > 6) return false;
  for (let i = at + 1; i < authority.length; i++) {
    const code = authority.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return authority.length === at + 1 || Number(authority.slice(at + 1)) <= 65535;
}

function endOfAddress(authority: string): number {
  const end = authority.indexOf(']');
  const address = authority.slice(1, end);
  // A zone (RFC 6874) means something on one machine only.
  return isIPv6(address) && !address.includes('%') ? end + 1 : 0;
}

/** Where a name ends; 0 when it has an empty label, other than the root's at its end. */
function endOfName(authority: string): number {
  let at = 0;
  while (at < authority.length && isNameCharacter(authority.charCodeAt(at))) at++;
  return authority.charCodeAt(0) === 46 || authority.includes('..') ? 0 : at;
}

/** The port of an authority: `schemePort` if it names none. */
export function portOf(authority: string, schemePort: number): number {
  const port = /:(\d+)$/.exec(authority);
  return port === null ? schemePort : Number(port[1]);
}

function isNameCharacter(code: number): boolean {
  // letters, digits, `.`, `-`, `_` (container names), `~`
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    code === 46 ||
    code === 45 ||
    code === 95 ||
    code === 126
  );
}
