import { dirname, join } from 'node:path';
import { rateLimitRules } from '@sluice/model';
import type { GatewayConfig, RateLimitRule } from '@sluice/model';
import { requireRedisLibrary } from '@sluice/service/redis';
import { checkPolicies } from './check-policies.ts';
import { readCertificates, RefusedError } from './files.ts';
import { GatewayNode } from './gateway-node.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { holdPorts } from './ports.ts';
import { readQuotaFile } from './quota-file.ts';

/** Starts a gateway. Rejects with a PortTakenError, a RefusedError, a RedisLibraryMissingError or the system's error; nothing then stays open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config } = options;
  if (countsInRedis(config)) requireRedisLibrary();
  const certificates = await readCertificates(config);
  if (config.routesOwner === 'file') {
    const problems = await checkPolicies(config.routes);
    if (problems.length > 0) throw new RefusedError(problems);
  }
  const quotaFile = join(dirname(config.node.snapshotFile), 'quotas');
  const quotas = await readQuotaFile(quotaFile, options.log);
  const held = await holdPorts(config.proxy);
  try {
    const node = new GatewayNode(options, { held, certificates, quotaFile, quotas });
    await node.start(config);
    return node;
  } catch (error) {
    held.release();
    throw error;
  }
}

/** Whether a route needs Redis from the start. One that comes later finds it away without the library, and says so. */
function countsInRedis({ redis, routes }: GatewayConfig): boolean {
  return redis !== undefined && routes.some(({ rateLimit }) => rateLimitRules(rateLimit).some(isGlobal));
}

function isGlobal({ scope }: RateLimitRule): boolean {
  return scope === 'global';
}
