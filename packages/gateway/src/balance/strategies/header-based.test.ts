import { describe, expect, test } from 'vitest';
import { createChoose } from '../choose.ts';
import { backendsOf, requestFrom } from '../testing/fake-backend.ts';

const strategyConfig = {
  headerName: 'X-Version',
  routingRules: { next: 'canary', beta: 'beta' },
  defaultBackend: 'stable',
};

describe('HeaderBased', () => {
  test.each<[value: string | undefined, name: string]>([
    ['next', 'canary'],
    ['beta', 'beta'],
    ['other', 'stable'],
    ['Next', 'stable'],
    ['', 'stable'],
    ['toString', 'stable'],
    [undefined, 'stable'],
  ])('sends the value %j to %s', (value, name) => {
    const choose = createChoose('HeaderBased', backendsOf({ stable: 100, canary: 1, beta: 1 }), { strategyConfig });
    const headers: Record<string, string> = value === undefined ? {} : { 'x-version': value };
    expect(choose(requestFrom('192.0.2.1', headers), [])?.name).toBe(name);
  });

  test('falls back to the default backend, and to no other one', () => {
    const backends = backendsOf({ stable: 100, canary: 100, beta: 100 });
    const choose = createChoose('HeaderBased', backends, { strategyConfig });
    const client = requestFrom('192.0.2.1', { 'x-version': 'next' });
    backends[1].isUsable = false;
    expect(choose(client, [])?.name).toBe('stable');
    backends[0].isUsable = false;
    expect(choose(client, [])).toBeUndefined();
  });

  test('takes a named backend of weight 0 out like any other', () => {
    const choose = createChoose('HeaderBased', backendsOf({ stable: 100, canary: 0, beta: 1 }), { strategyConfig });
    expect(choose(requestFrom('192.0.2.1', { 'x-version': 'next' }), [])?.name).toBe('stable');
  });
});
