import type { GatewayConfig } from '@sluice/model';
import { hostname } from 'node:os';
import type { NodeIdentity } from '../agent/node-status.ts';

/** The identity of this node: its configured name, or its host and port, which no other node shares. */
export function nodeIdentity({ node, proxy, role }: GatewayConfig, version: string): NodeIdentity {
  const port = proxy.port === 0 ? process.pid : proxy.port;
  const name = node.name ?? `${hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-')}:${port}`;
  const startedAt = Date.now() - Math.round(process.uptime() * 1000);
  return { nodeId: name, name, version, role: role === 'gateway' ? 'gateway' : 'all', startedAt };
}
