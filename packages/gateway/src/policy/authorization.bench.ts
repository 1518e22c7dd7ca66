// Run: node packages/gateway/src/policy/authorization.bench.ts — prints what one judgement costs, the best of ten rounds.
import { compileRule } from '@sluice/model/rule';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { authorization } from './authorization.ts';
import { definePolicy } from './own/define-policy.ts';
import { OwnPolicy } from './own/own-policy.ts';
import type { Policy } from './policy.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const memory = createNodeMemory({
  workers: 1,
  capacity: { routes: 1, targets: 1, backends: 1, series: 1, addresses: 1 },
});
const state = new NodeState(memory, 0);
const identity = {
  method: 'jwt',
  subject: 'ann',
  scopes: ['orders:list', 'orders:read'],
  roles: ['support'],
  permissions: ['invoices:read:any', 'orders:*:own'],
  claims: { tier: 'premium' },
};
const rights = { scopes: ['orders:read'], roles: ['support'], permissions: ['orders:write:own'], reportOnly: false };
const text = 'claims.tier == "premium" && request.method != "DELETE"';
const nothing = definePolicy<unknown>({
  name: 'nothing',
  stage: 'limit',
  options: (given) => given,
  create: () => ({}),
});

const policies: Readonly<Record<string, Policy>> = {
  'scopes, roles and permissions': authorization(rights, { state, slot: 0, rule: undefined }),
  'a rule': authorization({ reportOnly: false, rule: text }, { state, slot: 0, rule: compileRule(text) }),
  'a policy of your own that does nothing': new OwnPolicy(nothing, {
    options: {},
    timeout: 1000,
    count: () => {},
    failed: () => {},
  }),
};
const times = 100_000;
for (const [name, policy] of Object.entries(policies)) {
  let best = Infinity;
  for (let round = 0; round < 10; round++) {
    const request = recordedRequest({ identity });
    const start = performance.now();
    for (let i = 0; i < times; i++) void policy.onRequest?.(request);
    best = Math.min(best, performance.now() - start);
    request.end();
  }
  console.log(`${name}: ${((best / times) * 1e6).toFixed(0)} ns`);
}
