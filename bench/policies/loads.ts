import { createHash } from 'node:crypto';
import type { Lab } from '../lab.ts';
import type { PolicyGroup, PolicyLoad } from './policy-load.ts';
import { algorithms, audience, createIssuer, issuer } from './tokens.ts';
import type { Issuer } from './tokens.ts';

/** The route without policies, which all others are compared with. */
export const bare = 'none';

/** More than a worker keeps, so that each token that comes in turn is new again. */
const newTokens = 20_000;
const consumers = 100_000;

/** A load for each policy, by the gateways that their routes are in. */
export function policyGroups(lab: Lab): readonly PolicyGroup[] {
  const issuers = algorithms.map(createIssuer);
  return [
    {
      settings: { consumers: consumersOf(10) },
      loads: [...plainLoads(), ownLoad(lab), ...jwtLoads(lab, issuers), keyLoad(10)],
    },
    { settings: { consumers: consumersOf(consumers) }, loads: [keyLoad(consumers)] },
    { settings: {}, hasRedis: true, loads: [redisLoad()] },
  ];
}

function plainLoads(): readonly PolicyLoad[] {
  const request = { addHeaders: { 'x-one': 'fixed', 'x-two': '${requestId}' } };
  const transformations = { request, response: { removeHeaders: ['server'] } };
  return [
    { id: bare, title: 'no policy', route: {} },
    { id: 'headers', title: 'two request headers set, one response header removed', route: { transformations } },
    { id: 'in-flight', title: 'maxConcurrentRequests', route: { maxConcurrentRequests: 100_000 } },
    ...(['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const).map((type) => ({
      id: type,
      title: `local limit, ${type}`,
      route: { rateLimit: limitOf(type) },
    })),
  ];
}

/** A policy that reads a header of the request and sets another. */
function ownLoad(lab: Lab): PolicyLoad {
  const module = lab.write(
    'own-policy.mjs',
    `import { definePolicy } from 'sluice/policy';
export default definePolicy({
  name: 'own',
  stage: 'transform',
  create: () => ({
    onRequest(request) {
      request.setHeader('x-agent', request.header('user-agent') ?? '');
    },
  }),
});
`,
  );
  return { id: 'own', title: 'own policy, one header read, one set', route: { policies: [{ module }] } };
}

function redisLoad(): PolicyLoad {
  const rateLimit = { ...limitOf('TokenBucket'), scope: 'global' };
  return { id: 'redis', title: 'limit over all nodes, TokenBucket, in Redis', route: { rateLimit } };
}

/** It refuses nothing here. */
function limitOf(type: string): object {
  return { type, requests: 10_000_000, window: '1m' };
}

function jwtLoads(lab: Lab, issuers: readonly Issuer[]): readonly PolicyLoad[] {
  const methods = new Map(issuers.map((one) => [one.algorithm, methodOf(lab, one)]));
  const [first] = issuers;
  if (first === undefined) return [];
  const known = { authentication: { methods: [methods.get(first.algorithm)] } };
  const headers = (index: number): Record<string, string> => bearer(first.token(index));
  const scopes = { authorization: { scopes: ['orders:read'] } };
  const rule = { authorization: { rule: 'claims.tier == "premium" && request.method != "DELETE"' } };
  const all = { ...known, ...scopes, rateLimit: { ...limitOf('TokenBucket'), keyBy: 'Consumer' } };
  return [
    { id: 'jwt', title: 'JWT, cached', route: known, headers },
    { id: 'jwt-scope', title: 'JWT, cached; scope', route: { ...known, ...scopes }, headers },
    { id: 'jwt-rule', title: 'JWT, cached; rule', route: { ...known, ...rule }, headers },
    {
      id: 'all',
      title: 'JWT, cached; scope; local limit',
      route: all,
      headers,
      limit: { must: 1.5, aim: 1.25 },
    },
    ...issuers.map((one) => ({
      id: one.algorithm,
      title: `JWT, new, ${one.algorithm}`,
      route: { authentication: { methods: [methods.get(one.algorithm)] } },
      headers: (index: number) => bearer(one.token(index)),
      different: newTokens,
    })),
  ];
}

function methodOf(lab: Lab, { algorithm, file }: Issuer): object {
  const path = lab.write(`${algorithm}.key`, file.text);
  return { type: 'jwt', algorithms: [algorithm], issuer, audience: [audience], [file.field]: path };
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

function keyLoad(count: number): PolicyLoad {
  return {
    id: `key-${count}`,
    title: `API key, ${count} consumers`,
    route: { authentication: { methods: [{ type: 'apiKey' }] } },
    headers: (index) => ({ 'X-API-Key': keyOf(index % count) }),
    different: Math.min(count, 10_000),
  };
}

function consumersOf(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `consumer-${index}`,
    organization: `organization-${index % 100}`,
    tier: 'premium',
    scopes: ['orders:read'],
    keys: [{ hash: `sha256:${createHash('sha256').update(keyOf(index)).digest('hex')}` }],
  }));
}

function keyOf(index: number): string {
  return `key-of-the-benchmark-${String(index).padStart(6, '0')}`;
}
