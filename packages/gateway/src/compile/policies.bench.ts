// Run: node packages/gateway/src/compile/policies.bench.ts — prints the CPU time of the policies of a route per request.
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { PolicyModules } from '../policy/policy-modules.ts';
import { recordedRequest } from '../policy/testing/recorded-request.ts';
import { compileAuthenticator } from './compile-authenticator.ts';
import { compilePolicies } from './compile-policies.ts';
import { configOf } from './testing/plans.ts';
import type { RouteInput } from './testing/plans.ts';

const secret = 'a secret of the benchmark, of 32 bytes and more';
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { iss: 'https://id.example', sub: 'user-1', exp: Date.now() / 1000 + 86_400, scope: 'orders:read' };
const signed = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
const token = `Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;

const known: RouteInput = { authentication: { methods: [{ type: 'jwt', algorithms: ['HS256'], secret }] } };
const limit = { type: 'TokenBucket', requests: 10_000_000, window: '1m', keyBy: 'Consumer' } as const;
const scoped: RouteInput = { ...known, authorization: { scopes: ['orders:read'] } };
const cases: Readonly<Record<string, RouteInput>> = {
  'JWT, cached': known,
  'JWT, cached; scope': scoped,
  'local limit': { rateLimit: limit },
  'JWT, cached; scope; local limit': { ...scoped, rateLimit: limit },
};

for (const [name, route] of Object.entries(cases)) {
  const [config] = configOf({ r: route }).routes;
  const state = new NodeState(createNodeMemory({ workers: 1 }), 0);
  const modules = new PolicyModules();
  await modules.load(config);
  const authenticator = compileAuthenticator(config, { state, modules });
  const policies = compilePolicies(config, { state, modules, authenticator, slot: 0, limitSlot: 0, now: () => 0 });
  const request = {
    ...recordedRequest(),
    header: (field: string) => (field === 'authorization' ? token : undefined),
    addResponseHeader: () => {},
  };
  const run = (): void | Promise<unknown> => {
    request.identity = undefined;
    for (const policy of policies) {
      const verdict = policy.onRequest?.(request);
      if (verdict instanceof Promise) return verdict;
      if (verdict !== undefined) throw new Error(JSON.stringify(verdict));
    }
  };
  // The first one verifies the token, which takes a while.
  await run();
  await pause(100);
  for (let i = 0; i < 300_000; i++) void run();
  const before = process.cpuUsage();
  const times = 1_000_000;
  for (let i = 0; i < times; i++) void run();
  const { user, system } = process.cpuUsage(before);
  console.log(`${((user + system) / times).toFixed(2)} µs  ${name}`);
}
