import type { Lab } from '../lab.ts';
import type { PolicyLoad, PolicyLoads } from './policy-load.ts';

/** The route without policies, which all others are compared with. */
export const bare = 'none';

/** Prepares what the policies need, and lists a load for each. */
export async function preparePolicies(_lab: Lab): Promise<PolicyLoads> {
  const loads: PolicyLoad[] = [
    { id: bare, title: 'no policy', route: {} },
    {
      id: 'headers',
      title: 'two request headers set, one response header removed',
      route: {
        transformations: {
          request: { addHeaders: { 'x-one': 'fixed', 'x-two': '${requestId}' } },
          response: { removeHeaders: ['server'] },
        },
      },
    },
    { id: 'in-flight', title: 'maxConcurrentRequests', route: { maxConcurrentRequests: 100_000 } },
    limitLoad('fixed-window', 'local limit, FixedWindow', 'FixedWindow'),
    limitLoad('sliding-window', 'local limit, SlidingWindow', 'SlidingWindow'),
    limitLoad('token-bucket', 'local limit, TokenBucket', 'TokenBucket'),
  ];
  return { loads, settings: {}, close: async () => {} };
}

/** A limit that refuses nothing here, counted by the client address on this node. */
const limitOf = (type: string): object => ({ rateLimit: { type, requests: 10_000_000, window: '1m' } });

function limitLoad(id: string, title: string, type: string): PolicyLoad {
  return { id, title, route: limitOf(type) };
}
