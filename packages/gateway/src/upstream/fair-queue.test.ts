import { describe, expect, test } from 'vitest';
import { FairQueue } from '../state/index.ts';
import { PoolShares } from './pool-shares.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Serves the whole line; whom it served. */
function serve(line: FairQueue<{ address: string; id: string }>, held: Record<string, number> = {}): string {
  const served: string[] = [];
  for (;;) {
    const address = line.next((other) => held[other] ?? 0);
    if (address === undefined) return served.join(' ');
    served.push(line.take(address)?.id ?? 'nobody');
  }
}

describe('a fair line', () => {
  const greedy = ['g1', 'g2', 'g3', 'g4'].map((id) => ({ address: 'greedy', id }));
  const [a, b] = [
    { address: 'a', id: 'a1' },
    { address: 'b', id: 'b1' },
  ];

  function filled(): FairQueue<{ address: string; id: string }> {
    const line = new FairQueue<{ address: string; id: string }>();
    for (const waiter of [...greedy, a, b]) line.push(waiter);
    return line;
  }

  test('serves addresses in turn, however many of one wait', () => {
    expect(serve(filled())).toBe('g1 a1 b1 g2 g3 g4');
  });

  test('serves first who holds least', () => {
    expect(serve(filled(), { greedy: 7, a: 1 })).toBe('b1 a1 g1 g2 g3 g4');
  });

  test('forgets who has left', () => {
    const line = filled();
    for (const waiter of [...greedy.slice(1), a]) line.remove(waiter);
    line.remove(a);
    expect(line.size).toBe(2);
    expect(serve(line)).toBe('g1 b1');
    expect(line.any).toBeUndefined();
  });
});

describe('the shares of a pool of ten', () => {
  const connections = Array.from(
    { length: 10 },
    () => ({ holder: '', servedAddress: 'greedy' }) as Partial<UpstreamConnection> as UpstreamConnection,
  );
  const shares = (): PoolShares => new PoolShares(connections, 10, 0);

  test('are all for one address that is alone', () => {
    expect(shares().mayTake('greedy', 1, 1)).toBe(true);
    expect(shares().overdrawn('greedy')).toBeUndefined();
  });

  test('are equal, and who has one leaves the rest for others', () => {
    const divided = shares();
    expect(divided.mayTake('other', 0, 1)).toBe(true);
    expect(divided.share).toBe(5);
    expect(divided.overdrawn('other')).toBe('greedy');
    expect(divided.mayTake('greedy', 1, 2)).toBe(false);
    expect(divided.mayTake('greedy', 2, 2)).toBe(true);
    for (const connection of connections.slice(0, 6)) divided.give(connection);
    expect(divided.mayTake('greedy', 1, 3)).toBe(true);
    expect(divided.overdrawn('other')).toBeUndefined();
  });

  test('are for one address again when the others have gone', () => {
    const divided = shares();
    divided.mayTake('other', 0, 1);
    expect(divided.isOver(5_000)).toBe(false);
    expect(divided.isOver(11_000)).toBe(true);
    expect(divided.mayTake('greedy', 0, 11_001)).toBe(true);
  });

  test('are not taken for greed where many addresses hold little', () => {
    const crowd = Array.from(
      { length: 100 },
      (_, index) =>
        ({ holder: '', servedAddress: `a${index >> 1}` }) as Partial<UpstreamConnection> as UpstreamConnection,
    );
    const divided = new PoolShares(crowd, 100, 0);
    expect(divided.mayTake('newcomer', 0, 1)).toBe(true);
    expect(divided.overdrawn('newcomer')).toBeUndefined();
  });
});
