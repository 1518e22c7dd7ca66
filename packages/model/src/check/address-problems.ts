import { listenersOf } from './listeners.ts';
import type { Listener, Listening } from './listeners.ts';
import type { Problem } from '../values/problem.ts';

/** Listeners that collide, or that leave nothing to be served. */
export function listenerProblems(config: Listening): Problem[] {
  const problems: Problem[] = [];
  if (config.proxy?.http === false && config.proxy.tls === undefined) {
    problems.push({ path: ['proxy', 'http'], message: 'false needs proxy.tls: otherwise nothing would be served' });
  }
  const listeners = listenersOf(config);
  listeners.forEach((listener, index) => {
    const other = listeners
      .slice(0, index)
      .find((earlier) => earlier.port === listener.port && listener.port !== 0 && overlap(earlier.host, listener.host));
    if (other) problems.push({ path: listener.path, message: `the same port as ${other.key}` });
  });
  return problems;
}

/** Why a backend may not have this address: it is the gateway itself. Undefined when it is not. */
export function selfProblem(url: string | undefined, listeners: readonly Listener[]): string | undefined {
  const listener = listeners.find((candidate) => leadsTo(url, candidate));
  return listener && selfMessage(listener);
}

function selfMessage(listener: Listener): string {
  if (listener.key === 'management.port')
    return 'leads to the management port of this gateway, which must stay private';
  return `leads back to this gateway (${listener.key}): requests would loop`;
}

function leadsTo(text: string | undefined, listener: Listener): boolean {
  // perf: ten thousand routes are checked at each reload; most ports do not even occur in the text.
  if (text === undefined || listener.port === 0 || !mayName(text, listener.port) || !URL.canParse(text)) return false;
  const url = new URL(text);
  const defaultPort = url.protocol === 'https:' ? 443 : 80;
  return (url.port === '' ? defaultPort : Number(url.port)) === listener.port && reaches(url.hostname, listener.host);
}

function mayName(text: string, port: number): boolean {
  return port === 80 || port === 443 || text.includes(String(port));
}

/** Whether a connection to `target` can arrive at a listener on `host`, as far as names tell. */
function reaches(target: string, host: string): boolean {
  const [wanted, own] = [bare(target), bare(host)];
  if (wanted === own) return true;
  return (isLoopback(wanted) || isAny(wanted)) && (isLoopback(own) || isAny(own));
}

function overlap(a: string, b: string): boolean {
  const [one, other] = [bare(a), bare(b)];
  return one === other || isAny(one) || isAny(other) || (isLoopback(one) && isLoopback(other));
}

/** Whether only this machine reaches what listens on a host. */
export function isPrivateHost(host: string): boolean {
  return isLoopback(bare(host));
}

function bare(host: string): string {
  const plain = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  // Addresses have many spellings (127.1, 0x7f000001, ::0001); the URL parser brings them to one.
  const written = plain.includes(':') ? `http://[${plain}]` : `http://${plain}`;
  return URL.canParse(written) ? new URL(written).hostname.replace(/^\[|\]$/g, '') : plain;
}

function isLoopback(host: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}|(?:.*\.)?localhost|ip6-localhost)$/.test(host);
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '::ffff:0:0';
}
