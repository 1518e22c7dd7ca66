import { hostname } from 'node:os';
import { isIP } from 'node:net';

/** Nobody can register a name below these (RFC 6761, 6762, 8375, 9476; the names of a Kubernetes cluster). */
const privateNames = /(?:^|\.)(?:localhost|local|internal|home\.arpa|svc|svc\.cluster\.local)$/;

/**
 * Tells whether a request that names this host was meant for this process. A web page can make its own name lead here and then
 * read answers as if they were its own (DNS rebinding): names that somebody can register are taken only when they are listed.
 * Addresses, names of one word and private names are always taken.
 */
export function createHostCheck(names: readonly string[]): (host: string | undefined) => boolean {
  const own = new Set([...names, hostname()].map((name) => name.toLowerCase()));
  return (host) => {
    // Every browser says where it goes; a program that speaks HTTP/1.0 need not.
    if (host === undefined) return true;
    const name = nameIn(host);
    if (name === undefined) return false;
    return isIP(name) !== 0 || !name.includes('.') || privateNames.test(name) || own.has(name);
  };
}

/** Whether a host is one that was listed, or this machine seen from itself: an address built from it leads nowhere else. */
export function isListedHost(host: string, names: readonly string[]): boolean {
  const name = nameIn(host);
  if (name === undefined) return false;
  const isLoopback = name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
  return isLoopback || names.some((listed) => listed.toLowerCase() === name);
}

/** The name or address in a Host field, without its port and the dot of a full name. */
function nameIn(host: string): string | undefined {
  const [, inBrackets, plain] = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/.exec(host) ?? [];
  return inBrackets ?? plain?.toLowerCase().replace(/\.$/, '');
}
