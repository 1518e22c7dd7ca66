import { createManualClock } from '@sluice/service/testing';
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeySetFault } from './fetch-key-set.ts';
import type { KeptKeySets } from './kept-key-sets.ts';
import { KeySets } from './key-sets.ts';

const name = 'https://id.example/jwks.json';
const uses = [{ kind: 'keySet', name }] as const;
const setOf = (kid: string): string => {
  const key = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return JSON.stringify({ keys: [{ ...key, kid }] });
};

test('the keys of an earlier run do not come back once this run has fetched newer ones', async () => {
  const earlier = new Map([[name, { text: setOf('old'), fetchedAt: 0 }]]);
  const kept = { read: async () => earlier, write: async () => {} } as unknown as KeptKeySets;
  const silent = () => {};
  let isAway = true;
  const keySets = new KeySets({
    caOf: () => undefined,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    onChange: silent,
    fetch: async () => {
      if (isAway) throw new KeySetFault('the host is away');
      return { text: setOf('new'), maxAgeMs: undefined };
    },
    kept,
    clock: createManualClock(),
    counts: { count: silent },
  });
  await keySets.add(uses);
  expect(keySets.textOf(name)).toContain('old');
  keySets.remove(uses);
  isAway = false;
  await keySets.add(uses);
  expect(keySets.textOf(name)).toContain('new');
  keySets.remove(uses);
  isAway = true;
  await keySets.add(uses);
  expect(keySets.textOf(name)).toBeUndefined();
  keySets.close();
});
