/** The fields that tell a backend where a request came from: X-Forwarded-*, Forwarded (RFC 7239) and Via. */
import { isIP } from 'node:net';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { SeenClient, ToldClient } from './forwarded-chain.ts';

/** Our name in `Via` (RFC 9110 §7.6.3). */
export const viaLine = 'Via: 1.1 sluice\r\n';

/** How often a request may have come through a gateway like this one. A few times is normal in layers; more is a loop. */
const viaHops = 5;

/** Whether `Via` tells that a request goes in a loop between gateways. */
export function loops(head: Head): boolean {
  if (!head.has(Field.via)) return false;
  const hops = (head.combined('via') ?? '').split(',').filter((hop) => /^\s*\S+\s+sluice(\s|$)/i.test(hop));
  return hops.length >= viaHops;
}

/** The fields for a peer that is not trusted: only what the gateway itself saw. */
export function forwardedFields(peer: SeenClient): string {
  return `X-Forwarded-For: ${peer.address}\r\n${madeFor(peer)}Forwarded: ${element(peer.address, peer)}\r\n${viaLine}`;
}

/** The fields for a trusted peer: what it says, the same in all of them, and then the peer itself. */
export function extendedForwardedFields(peer: SeenClient, client: ToldClient, head: Head): string {
  const { hops, index } = client;
  if (index === -1) return forwardedFields({ ...client, address: peer.address }) + vouchedFor(head, client);
  const forwarded = client.forwarded ?? hops.map((hop, i) => element(hop, i === index ? client : undefined)).join(', ');
  return (
    `X-Forwarded-For: ${client.chain}, ${peer.address}\r\n${madeFor(client)}` +
    `Forwarded: ${forwarded}, ${element(peer.address, peer)}\r\n${viaLine}${vouchedFor(head, client)}`
  );
}

function madeFor({ secure, host }: SeenClient): string {
  const hostField = host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`;
  return `X-Forwarded-Proto: ${secure ? 'https' : 'http'}\r\n${hostField}`;
}

function element(address: string, request: SeenClient | undefined): string {
  if (request === undefined) return `for=${forwardedNode(address)}`;
  const host = request.host === '' ? '' : `;host="${request.host}"`;
  return `for=${forwardedNode(address)}${host};proto=${request.secure ? 'https' : 'http'}`;
}

/** The other fields that a trusted peer vouches for. X-Real-IP is the client's address if that is known. */
function vouchedFor(head: Head, client: ToldClient): string {
  let text = '';
  for (let i = 0; i < head.count; i++) {
    if (head.classes[i] === Field.xRealIp && isIP(client.address) !== 0) text += `X-Real-IP: ${client.address}\r\n`;
    const kept = head.classes[i] === Field.xForwarded && !written.some((name) => head.isNamed(i, name));
    if (kept) text += `${head.nameAt(i)}: ${head.valueAt(i)}\r\n`;
  }
  return text;
}

const written = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];

/** RFC 7239 §6: IPv6 addresses are bracketed and quoted. */
function forwardedNode(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}
