import { expect, test } from 'vitest';
import type { GlobalLimitStore, LimitDemand, LimitRule, LimitStanding, LimitsTaken } from './limit-store.ts';
import { limitStoreFor } from './scoped-limits.ts';

const demand = (id: string, scope: LimitRule['scope']): LimitDemand => ({
  key: 'k',
  rule: { id, type: 'FixedWindow', requests: 5, windowMs: 1_000, burst: 5, isQuota: false, scope },
});
const [onNode, overAll] = [demand('node', 'node'), demand('all', 'global')];
const free = (remaining: number): LimitStanding => ({ remaining, resetMs: 9, retryAfterMs: 0 });
const full: LimitStanding = { remaining: 0, resetMs: 9, retryAfterMs: 9 };

/** Both stores, what they answer, and what they were asked. */
function stores(ofNode: LimitStanding, ofAll: LimitsTaken | Promise<LimitsTaken>) {
  const asked: string[] = [];
  const reused: LimitStanding[] = [];
  const node = {
    take(demands: readonly LimitDemand[]) {
      asked.push(`node takes ${demands.map(({ rule }) => rule.id).join()}`);
      reused[0] = ofNode;
      return reused;
    },
    look: () => reused,
    giveBack(demands: readonly LimitDemand[]) {
      asked.push(`node gives back ${demands.map(({ rule }) => rule.id).join()}`);
      reused.length = 0;
    },
  };
  const global: GlobalLimitStore = {
    begin: () => void asked.push('begin'),
    take(demands) {
      asked.push(`all take ${demands.map(({ rule }) => rule.id).join()}`);
      return ofAll;
    },
  };
  const limits = limitStoreFor(['node', 'global'], { node, global });
  expect(asked.splice(0)).toEqual(['begin']);
  return { limits, asked, node, global };
}

test('rules of one scope are counted in one place; nothing begins that no rule needs', () => {
  const { node, global, asked } = stores(free(1), [free(1)]);
  expect(limitStoreFor(['node', 'node'], { node, global })).toBe(node);
  expect(asked).toEqual([]);
  expect(limitStoreFor(['global'], { node, global })).toBe(global);
  expect(asked).toEqual(['begin']);
  expect(() => limitStoreFor(['global'], { node, global: undefined })).toThrow('nothing counts');
});

test('both have room: the standings come in the order of the demands', async () => {
  const { limits, asked } = stores(free(3), Promise.resolve([free(1)]));
  expect(await limits.take([overAll, onNode])).toEqual([free(1), free(3)]);
  expect(asked).toEqual(['node takes node', 'all take all']);
});

test('the node has no room: the others are not asked, and keep nobody back', () => {
  const { limits, asked } = stores(full, [free(1)]);
  expect(limits.take([onNode, overAll])).toEqual([full, { remaining: 5, resetMs: 0, retryAfterMs: 0 }]);
  expect(asked).toEqual(['node takes node']);
});

test('there is no room over all nodes: the node gives back what it took', async () => {
  const { limits, asked } = stores(free(3), Promise.resolve([full]));
  expect(await limits.take([onNode, overAll])).toEqual([free(4), full]);
  expect(asked).toEqual(['node takes node', 'all take all', 'node gives back node']);
});

test.each([
  [true, [free(3), { remaining: 5, resetMs: 0, retryAfterMs: 0 }], []],
  [false, { passes: false, retryAfterMs: 7 }, ['node gives back node']],
])('the counts over all nodes are away, and requests pass: %s', async (passes, taken, more) => {
  const { limits, asked } = stores(free(3), Promise.resolve({ passes, retryAfterMs: 7 }));
  expect(await limits.take([onNode, overAll])).toEqual(taken);
  expect(asked).toEqual(['node takes node', 'all take all', ...more]);
});
