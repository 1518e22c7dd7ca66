import type { Check } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';
import { shownUrl, withoutSecrets } from '../store-access/shown-url.ts';

const { ok, warn, fail } = findingsOf('redis');

/** A round trip beyond which an announcement is hardly quicker than a look at the store, in milliseconds. */
const slow = 250;

/** Whether Redis can be reached and does what is needed; and whether it is missing where it should be. */
export const checkRedis: Check = {
  name: 'redis',
  async run({ config, instruments }) {
    if (config.redis === undefined) return severalWithoutRedis(config.role, config.node.controlUrls.length);
    const { url } = config.redis;
    const shown = shownUrl(url);
    try {
      const { version, roundTripMs } = await instruments.probeRedis(url);
      const took = `${roundTripMs.toFixed(1)} ms`;
      const server = version === undefined ? '' : `, version ${version}`;
      const findings: Finding[] = [ok(`${shown} can be reached${server}; a message takes ${took}`)];
      if (roundTripMs > slow)
        findings.push(warn(`Redis is slow: ${took} for a message`, 'put it nearer to the control processes'));
      return findings;
    } catch (error) {
      const reason = withoutSecrets(error instanceof Error ? error.message : String(error), url);
      return [fail(`${shown}: ${reason}`, 'see to Redis, its address and password: redis.url, REDIS_URL')];
    }
  },
};

function severalWithoutRedis(role: string, controls: number): Finding[] {
  if (role === 'gateway') return [];
  if (controls > 1) {
    const message = `${controls} control processes are named (node.controlUrls), but there is no redis.url`;
    return [warn(message, 'set redis.url on all of them: without it changes are seen up to half a second later')];
  }
  return [ok('not configured: one control process needs none, several are quicker with it')];
}
