/** The fields that tell a backend where a request came from: X-Forwarded-*, Forwarded (RFC 7239) and Via. */
import { isIP, isIPv6, type BlockList } from 'node:net';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';

/** Our name in `Via` (RFC 9110 §7.6.3). */
export const VIA = 'Via: 1.1 sluice\r\n';

/** How a client reached us. */
export interface Peer {
  readonly address: string;
  readonly secure: boolean;
}

/** The fields for a peer that is not trusted: only what we saw ourselves. */
export function forwardedFields(peer: Peer, host: string): string {
  const proto = peer.secure ? 'https' : 'http';
  const hostField = host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`;
  const hostPart = host === '' ? '' : `;host="${host}"`;
  return (
    `X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${proto}\r\n${hostField}` +
    `Forwarded: for=${forwardedNode(peer.address)}${hostPart};proto=${proto}\r\n${VIA}`
  );
}

/** The fields for a trusted peer: what it says, with the peer itself appended. */
export function extendedForwardedFields(peer: Peer, host: string, head: Head): string {
  const seen = forwardedFields(peer, host);
  const chain = head.combined('x-forwarded-for');
  const forwarded = head.combined('forwarded');
  let text = seen;
  if (chain !== undefined) text = text.replace('X-Forwarded-For: ', () => `X-Forwarded-For: ${chain}, `);
  if (forwarded !== undefined) text = text.replace('\r\nForwarded: ', () => `\r\nForwarded: ${forwarded}, `);
  for (const name of ['X-Forwarded-Proto', 'X-Forwarded-Host']) {
    const told = head.get(name.toLowerCase());
    if (told !== undefined) text = replaceField(text, name, told);
  }
  for (let i = 0; i < head.count; i++) {
    const kept = head.classes[i] === Field.xRealIp || (head.classes[i] === Field.xForwarded && !isWritten(head, i));
    if (kept) text += `${head.nameAt(i)}: ${head.valueAt(i)}\r\n`;
  }
  return text;
}

/** The client behind trusted proxies: the rightmost address in X-Forwarded-For that is not one of them. */
export function clientBehind(peer: string, head: Head, trusted: BlockList): string {
  const chain = head.combined('x-forwarded-for');
  if (chain === undefined) return peer;
  let client = peer;
  for (const entry of chain.split(',').toReversed()) {
    const address = entry.trim();
    if (isIP(address) === 0) break;
    client = plainAddress(address);
    if (!isTrusted(address, trusted)) break;
  }
  return client;
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

const WRITTEN = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];

function isWritten(head: Head, index: number): boolean {
  return WRITTEN.some((name) => head.isNamed(index, name));
}

function replaceField(text: string, name: string, value: string): string {
  // From the line break on: the name alone might stand in a value, and clients write some of those.
  const start = text.indexOf(`\r\n${name}: `);
  if (start === -1) return `${text}${name}: ${value}\r\n`;
  return `${text.slice(0, start + 2)}${name}: ${value}${text.slice(text.indexOf('\r\n', start + 2))}`;
}

/** RFC 7239 §6: IPv6 addresses are bracketed and quoted. */
function forwardedNode(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}
