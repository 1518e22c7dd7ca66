import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { CountLedger } from './count-ledger.ts';

const hour = 3_600_000;

let ledger: CountLedger;
let now = 0;

beforeEach(() => {
  ledger = new CountLedger();
  now = 0;
});

function report(requests: number, { nodeId = 'a', instanceId = 'first', routeId = 'r' } = {}): void {
  const counted = [{ id: routeId, requests, failures: Math.floor(requests / 10) }];
  ledger.put({ nodeId, instanceId }, counted, (now += 1));
}

test('counts of nodes are added up; what is said again counts once', () => {
  expect(ledger.of('r')).toBeUndefined();
  report(10);
  report(10);
  report(25);
  report(5, { nodeId: 'b' });
  report(5, { nodeId: 'b', routeId: 'other' });
  expect(ledger.of('r')).toEqual({ requests: 30, failures: 2 });
  expect(ledger.all()).toEqual({ requests: 35, failures: 2 });
});

test('a node that restarts, and a route that comes back, begin at 0 and are added to what was', () => {
  report(10);
  report(4, { instanceId: 'second' });
  report(3, { instanceId: 'second' });
  expect(ledger.of('r')?.requests).toBe(17);
});

test('a process that was silent for long is not counted twice', () => {
  report(10);
  now += hour - 10;
  report(5, { nodeId: 'b' });
  report(12);
  expect(ledger.of('r')?.requests).toBe(17);
});

test('no total ever goes down, whatever nodes say', () => {
  const said = fc.record({
    requests: fc.nat(1000),
    nodeId: fc.constantFrom('a', 'b'),
    instanceId: fc.constantFrom('first', 'second'),
    routeId: fc.constantFrom('r', 's'),
  });
  const inOrder = (values: readonly number[]) => values.toSorted((a, b) => a - b);
  fc.assert(
    fc.property(fc.array(said), (reports) => {
      ledger = new CountLedger();
      const seen = reports.map(({ requests, ...of }) => {
        report(requests, of);
        return { all: ledger.all().requests, r: ledger.of('r')?.requests ?? 0 };
      });
      for (const key of ['all', 'r'] as const) {
        const values = seen.map((one) => one[key]);
        expect(values).toEqual(inOrder(values));
      }
    }),
  );
});

test('names the busiest that are still there, whatever the order in which they were counted', () => {
  const counts = { a: 5, b: 50, gone: 99, c: 20, none: 0, d: 20, e: 70 };
  for (const [routeId, requests] of Object.entries(counts)) report(requests, { routeId });
  const isThere = (id: string): boolean => id !== 'gone';
  expect(ledger.busiest(3, isThere)).toEqual(['e', 'b', 'c']);
  expect(ledger.busiest(10, isThere)).toEqual(['e', 'b', 'c', 'd', 'a']);
});
