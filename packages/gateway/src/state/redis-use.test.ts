import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { RedisUse } from './redis-use.ts';

const capacity = { routes: 4, targets: 4, backends: 4, series: 64, addresses: 64 };

test('the workers add up; one that is gone uses nothing, and what it counted stays', () => {
  const use = new RedisUse(createNodeMemory({ workers: 3, capacity }));
  use.setStanding(0, 'there');
  use.setStanding(1, 'away');
  use.called(0, 2, false);
  use.called(1, 3, true);
  use.decided(0, 'redis');
  use.decided(1, 'closed');
  use.decided(1, 'closed');
  const totals = {
    calls: { answered: 1, failed: 1 },
    callMs: 5,
    asked: undefined,
    decided: expect.anything() as unknown,
    nodes: 1,
  };
  expect(use.totals()).toEqual({ ...totals, users: 2, away: 1 });
  expect(Object.fromEntries(use.totals().decided)).toEqual({ redis: 1, localShare: 0, open: 0, closed: 2 });
  use.asked(0, { tookMs: 3, at: 1_000 });
  use.asked(1, { tookMs: 2, at: 1_500 });
  expect(use.totals().asked).toEqual({ tookMs: 3, at: 1_500 });
  use.forget(1);
  expect(use.totals()).toEqual({ ...totals, asked: { tookMs: 3, at: 1_500 }, users: 1, away: 0 });
});

test('the number of nodes is the one that was counted last, whoever hears of it last; a clock may go back', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [one, other] = [new RedisUse(memory), new RedisUse(memory)];
  one.setNodes(3, 100_000);
  other.setNodes(1, 99_999);
  expect(one.nodes).toBe(3);
  other.setNodes(2, 50_000);
  expect(one.nodes).toBe(2);
});
