import { strategies } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { createChoose } from './choose.ts';
import { backendsOf, countsOf, equalBackends, namesChosen, requestFrom } from './testing/fake-backend.ts';

const strategyConfig = { headerName: 'X-Version', routingRules: { next: 'b' }, defaultBackend: 'a' };
const client = requestFrom('192.0.2.1', { 'x-version': 'next' });
const severalBackends = strategies.filter((strategy) => strategy !== 'Direct');

describe.each(strategies)('%s', (strategy) => {
  test('uses a single backend, also again on a retry', () => {
    const [only] = backendsOf({ a: 1 });
    const choose = createChoose(strategy, [only], { strategyConfig });
    expect(choose(client, [])).toBe(only);
    expect(choose(client, [only])).toBe(only);
  });

  test('gives nothing when a single backend is not usable, and comes back with it', () => {
    const [only] = backendsOf({ a: 100 });
    const choose = createChoose(strategy, [only], { strategyConfig });
    only.isUsable = false;
    expect(choose(client, [])).toBeUndefined();
    only.isUsable = true;
    expect(choose(client, [])).toBe(only);
  });

  test('gives nothing when the only backend has weight 0', () => {
    expect(createChoose(strategy, backendsOf({ a: 0 }), { strategyConfig })(client, [])).toBeUndefined();
  });

  test('gives nothing without backends', () => {
    expect(createChoose(strategy, [], { strategyConfig })(client, [])).toBeUndefined();
  });
});

describe.each(severalBackends)('%s among several backends', (strategy) => {
  test('gives nothing when none is usable, first or on a retry', () => {
    const backends = backendsOf({ a: 100, b: 100, c: 100 });
    const choose = createChoose(strategy, backends, { strategyConfig });
    for (const backend of backends) backend.isUsable = false;
    expect(choose(client, [])).toBeUndefined();
    expect(choose(client, [backends[0]])).toBeUndefined();
  });

  test('never chooses one that is not usable or has weight 0', () => {
    const backends = backendsOf({ a: 100, b: 100, c: 100, d: 0 });
    backends[1].isUsable = false;
    const choose = createChoose(strategy, backends, { strategyConfig });
    const names = new Set(Array.from({ length: 500 }, (_, index) => choose(requestFrom(`192.0.2.${index}`), [])?.name));
    expect(names).not.toContain('b');
    expect(names).not.toContain('d');
    expect(names).not.toContain(undefined);
  });

  test('never chooses weight 0 on a retry either', () => {
    const backends = backendsOf({ a: 100, b: 0 });
    const choose = createChoose(strategy, backends, { strategyConfig });
    for (let turn = 0; turn < 50; turn++) expect(choose(client, [backends[0]])?.name).toBe('a');
  });

  test('prefers an untried backend on a retry', () => {
    const backends = backendsOf({ a: 100, b: 1 });
    const choose = createChoose(strategy, backends, { strategyConfig });
    for (let turn = 0; turn < 50; turn++) {
      const first = choose(client, []);
      expect(first).toBeDefined();
      const second = choose(client, first === undefined ? [] : [first]);
      expect(new Set([first?.name, second?.name])).toEqual(new Set(['a', 'b']));
    }
  });

  test('tries one again when all usable ones have been tried', () => {
    const backends = backendsOf({ a: 100, b: 100, c: 100 });
    backends[2].isUsable = false;
    const choose = createChoose(strategy, backends, { strategyConfig });
    expect(['a', 'b']).toContain(choose(client, backends)?.name);
  });

  test('takes back a backend that is usable again', () => {
    const backends = backendsOf({ a: 100, b: 100 });
    const choose = createChoose(strategy, backends, { strategyConfig });
    backends[0].isUsable = false;
    expect(choose(requestFrom('192.0.2.1', { 'x-version': 'next' }), [])?.name).toBe('b');
    backends[0].isUsable = true;
    const clients = Array.from({ length: 500 }, (_, index) => requestFrom(`198.51.100.${index}`));
    expect(clients.map((request) => choose(request, [])?.name)).toContain('a');
  });
});

describe.each(['RoundRobin', 'WeightedRoundRobin', 'LeastConnections', 'LeastResponseTime'] as const)(
  '%s on many workers',
  (strategy) => {
    test('begins at different backends', () => {
      const starts = Array.from({ length: 40 }, (_, worker) => {
        const choose = createChoose(strategy, equalBackends(4), { random: () => worker / 40 });
        return namesChosen(choose, 1)[0];
      });
      expect(countsOf(starts)).toEqual({ b0: 10, b1: 10, b2: 10, b3: 10 });
    });
  },
);

describe('createChoose', () => {
  test('refuses HeaderBased without its configuration', () => {
    expect(() => createChoose('HeaderBased', equalBackends(2))).toThrow('strategyConfig');
  });

  test('refuses HeaderBased with an unknown backend', () => {
    expect(() => createChoose('HeaderBased', equalBackends(2), { strategyConfig })).toThrow('unknown backend: a');
  });

  test('refuses a strategy it does not know', () => {
    expect(() => createChoose('Fastest' as 'Random', equalBackends(2))).toThrow('unknown strategy Fastest');
  });
});
