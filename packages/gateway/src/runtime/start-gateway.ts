import { dirname, join } from 'node:path';
import { readCertificates } from './files.ts';
import { GatewayNode } from './gateway-node.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { probePorts } from './ports.ts';
import { readQuotaFile } from './quota-file.ts';

/** Starts a gateway. Rejects with a PortTakenError, a RefusedError, or the system's error; nothing then stays open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const certificates = await readCertificates(options.config);
  const ports = await probePorts(options.config.proxy);
  const quotaFile = join(dirname(options.config.node.snapshotFile), 'quotas');
  const quotas = await readQuotaFile(quotaFile, options.log);
  const node = new GatewayNode(options, { ports, certificates, quotaFile, quotas });
  await node.start();
  return node;
}
