/**
 * What a trusted proxy says of the client behind it, in the forms that load balancers write: addresses that are bare, with a
 * port, in brackets or quoted. Where an address is withheld, `unknown` and the names of RFC 7239 §6.3 stand for it.
 */
import { isIP, isIPv6, SocketAddress } from 'node:net';
import type { BlockList } from 'node:net';
import type { Head } from '../http1/head.ts';
import { hostOf } from '../http1/host.ts';

/** The client of a request: the peer itself, or who is behind trusted proxies. */
export interface SeenClient {
  /** An IP address; `unknown` or a name such as `_hidden` when the proxy does not tell a readable one. */
  readonly address: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** The host that it asked for, as received; empty if none. */
  readonly host: string;
}

/** The client as a trusted peer tells it, with the hops in between. */
export interface ToldClient extends SeenClient {
  /** Who connected to whom, the farthest first, without the peer; read as in `SeenClient`. */
  readonly hops: readonly string[];
  /** The hops as `X-Forwarded-For` shall name them. */
  readonly chain: string;
  /** The index of the client among the hops; -1 when it is the peer itself. */
  readonly index: number;
  /** The value of `Forwarded`, when it says the same. */
  readonly forwarded: string | undefined;
}

/**
 * Reads what a trusted peer tells. The addresses come from `X-Forwarded-For`, else `Forwarded`, else `X-Real-IP`, and never
 * from two of them: a proxy that writes one may pass on another as the client sent it. The client is the last hop that is
 * not a trusted proxy. An address that cannot be read is not guessed.
 */
export function readTold(peer: SeenClient, head: Head, trusted: BlockList): ToldClient {
  const forwarded = head.combined('forwarded');
  const elements = forwarded === undefined ? [] : readForwarded(forwarded);
  const listed = listOf(head, 'x-forwarded-for') ?? (elements.length > 0 ? undefined : listOf(head, 'x-real-ip'));
  const named = elements.map((one) => readNode(one.for ?? ''));
  const hops = listed?.map(readNode) ?? named;
  const index = clientIndex(hops, trusted);
  const fromEnd = hops.length - Math.max(index, 0);
  const sameHops = named.length === hops.length && named.every((hop, i) => hop === hops[i]);
  const element = sameHops ? elements[index] : undefined;
  const proto = schemeOf(saidOf(head, 'x-forwarded-proto', fromEnd) ?? element?.proto);
  const host = authorityOf(saidOf(head, 'x-forwarded-host', fromEnd) ?? element?.host);
  const agrees =
    element !== undefined &&
    (proto === undefined || (schemeOf(element.proto) ?? proto) === proto) &&
    (host === undefined || (authorityOf(element.host) ?? host) === host);
  return {
    address: index === -1 ? peer.address : hops[index],
    secure: proto === undefined ? peer.secure : proto === 'https',
    host: host ?? peer.host,
    hops,
    chain: (listed ?? hops).join(', '),
    index,
    forwarded: agrees ? forwarded : undefined,
  };
}

/** Whether an address belongs to a trusted proxy. IPv4 addresses in IPv6 form count as IPv4. */
export function isTrusted(address: string, trusted: BlockList): boolean {
  const plain = plainAddress(address);
  return trusted.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/** `::ffff:10.0.0.1`, as a dual-stack socket gives it, is `10.0.0.1`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function clientIndex(hops: readonly string[], trusted: BlockList): number {
  for (let i = hops.length - 1; i >= 0; i--) if (!isTrusted(hops[i], trusted)) return i;
  return hops.length === 0 ? -1 : 0;
}

/** The members of a comma-separated field, without empty ones (RFC 9110 §5.6.1); undefined when nothing is left. */
function listOf(head: Head, name: string): readonly string[] | undefined {
  const members = head
    .combined(name)
    ?.split(',')
    .map((member) => member.trim());
  const list = members?.filter((member) => member !== '');
  return list === undefined || list.length === 0 ? undefined : list;
}

/** What the field says of one hop. Proxies append to it together with the address, so hops are counted from the end. */
function saidOf(head: Head, name: string, fromEnd: number): string | undefined {
  const list = listOf(head, name);
  return list?.[Math.max(0, list.length - Math.max(1, fromEnd))];
}

function schemeOf(told: string | undefined): 'http' | 'https' | undefined {
  const scheme = told?.toLowerCase();
  if (scheme === 'https' || scheme === 'wss') return 'https';
  return scheme === 'http' || scheme === 'ws' ? 'http' : undefined;
}

function authorityOf(told: string | undefined): string | undefined {
  return told !== undefined && hostOf(told) !== undefined ? told : undefined;
}

const nodePattern = /^(?:\[([^\]]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;
const hiddenPattern = /^_[\w.-]{1,64}$/;

/** The canonical address of a node in any of its forms (RFC 7239 §6). A withheld address is its name, else `unknown`. */
function readNode(text: string): string {
  const node = text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  const match = nodePattern.exec(node);
  const address = (match === null ? node : (match[1] ?? match[2])).replace(/%[\w.~-]+$/, '');
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
    default:
      return hiddenPattern.test(node) ? node : 'unknown';
  }
}

/** What one element of `Forwarded` says. */
interface ForwardedElement {
  for?: string;
  proto?: string;
  host?: string;
}

const pairPattern = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*))?[ \t]*([;,]|$)/y;

/** The elements of `Forwarded` (RFC 7239 §4), the farthest first. Nothing after the first fault is believed. */
function readForwarded(value: string): ForwardedElement[] {
  const elements: ForwardedElement[] = [];
  let element: ForwardedElement = {};
  let empty = true;
  pairPattern.lastIndex = 0;
  for (;;) {
    const match = pairPattern.exec(value);
    if (match === null) return [...elements, {}];
    const [, name, raw, end] = match;
    if (name !== undefined) {
      empty = false;
      const text = raw.startsWith('"') ? raw.slice(1, -1).replaceAll(/\\(.)/g, '$1') : raw;
      const key = name.toLowerCase();
      if (key === 'for' || key === 'proto' || key === 'host') element[key] ??= text;
    }
    if (end === ';') continue;
    if (!empty) elements.push(element);
    if (end === '') return elements;
    element = {};
    empty = true;
  }
}
