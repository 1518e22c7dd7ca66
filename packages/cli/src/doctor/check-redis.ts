import { messageOf } from '@sluice/service';
import type { RedisProbe } from '@sluice/service/redis';
import { shownUrl, withoutSecrets } from '../store-access/shown-url.ts';
import { isControl } from './check.ts';
import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** With a longer round trip an announcement is hardly quicker than a look at the store. */
const slowMs = 250;

/** Whether Redis can be reached and does what is needed; and whether it is missing where it should be. */
export async function checkRedis(input: CheckInput): Promise<Finding[]> {
  const { config, probes } = input;
  if (config.redis === undefined) return isControl(input) ? [withoutRedis(config.node.controlUrls.length)] : [];
  const { url } = config.redis;
  const shown = shownUrl(url);
  try {
    const probe = await probes.probeRedis(config.redis);
    const { version, roundTripMs } = probe;
    const took = `${roundTripMs.toFixed(1)} ms`;
    const server = version === undefined ? '' : `, version ${version}`;
    const findings = [ok(`${shown} can be reached${server}; a message takes ${took}`)];
    if (roundTripMs > slowMs) {
      findings.push(warn(`Redis is slow: ${took} for a message`, 'run it closer to the control processes'));
    }
    return [...findings, ...countFindings(input, probe)];
  } catch (error) {
    const reason = withoutSecrets(messageOf(error), url);
    return [fail(`${shown}: ${reason}`, 'check Redis, its address and password: redis.url, REDIS_URL')];
  }
}

/** Limits over all nodes are counted in Redis: their counts must not be dropped. */
function countFindings({ config: { routes } }: CheckInput, { eviction, maxMemoryBytes = 0 }: RedisProbe): Finding[] {
  const isCounted = routes.some(({ rateLimit }) => [rateLimit ?? []].flat().some(({ scope }) => scope === 'global'));
  if (!isCounted || maxMemoryBytes === 0 || eviction === undefined) return [];
  const memory = `${Math.floor(maxMemoryBytes / 1e6)} MB`;
  if (eviction === 'noeviction') return [ok(`Redis takes ${memory} at most, and drops no counts of limits`)];
  return [
    warn(
      `Redis drops counts of limits when its ${memory} are full (maxmemory-policy ${eviction}): callers then begin anew`,
      'give the limits a Redis with maxmemory-policy noeviction, or with more memory',
    ),
  ];
}

function withoutRedis(controlProcesses: number): Finding {
  if (controlProcesses < 2) return ok('not configured: one control process needs none, several are quicker with it');
  return warn(
    `${controlProcesses} control processes are named (node.controlUrls), but there is no redis.url`,
    'set redis.url on all of them: without it changes are seen up to half a second later',
  );
}
