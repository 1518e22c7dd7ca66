import { readCertificates } from './files.ts';
import { GatewayNode } from './gateway-node.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { probePorts } from './ports.ts';

/** Starts a gateway. Rejects with a PortTakenError, a RefusedError, or the system's error; nothing then stays open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const certificates = await readCertificates(options.config);
  const ports = await probePorts(options.config.proxy);
  const node = new GatewayNode(options, { ports, certificates });
  await node.start();
  return node;
}
