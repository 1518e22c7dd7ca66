import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { parse } from 'yaml';
import type { GatewayConfigInput } from '@sluice/model';
import { type ScriptedOrigin, type Sluice, freePort, startScriptedOrigin, startSluice } from '../kit/index.ts';
import { checkCase } from './check-case.ts';
import { playCase } from './play-case.ts';
import { type WireCase, expandCases, replace } from './wire-case.ts';

// Cases with the same configuration share one gateway, which is started when the first of them runs.
const gateways = new Map<string, Promise<Sluice>>();
let origin: ScriptedOrigin;
let base: GatewayConfigInput;

beforeAll(async () => {
  origin = await startScriptedOrigin();
  const addresses = { origin: `127.0.0.1:${origin.port}`, closed: `127.0.0.1:${await freePort()}` };
  base = replace(read<GatewayConfigInput>('config.yaml'), addresses);
});
afterAll(async () => {
  for (const gateway of gateways.values()) await (await gateway).stop();
  await origin.close();
});

for (const file of readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.yaml') && name !== 'config.yaml',
)) {
  describe(file, () => {
    for (const one of expandCases(read<WireCase[]>(file))) {
      test(`${one.name} (${one.reference})`, { timeout: 20_000 }, async () => {
        const whole = replace(one, { origin: `127.0.0.1:${origin.port}` });
        const { proxyPort } = await gatewayFor(whole.config);
        checkCase(whole, await playCase(whole, origin, proxyPort), origin);
      });
    }
  });
}

function gatewayFor(config: object = {}): Promise<Sluice> {
  const key = JSON.stringify(config);
  const gateway = gateways.get(key) ?? startSluice(merge(base, config) as GatewayConfigInput);
  gateways.set(key, gateway);
  return gateway;
}

/** Objects are merged key by key, everything else is replaced. */
function merge(value: object, over: object): object {
  const merged = new Map<string, unknown>(Object.entries(value));
  for (const [key, part] of Object.entries(over) as [string, unknown][]) {
    const mergeable = typeof part === 'object' && part !== null && !Array.isArray(part);
    merged.set(key, mergeable ? merge(Object(merged.get(key) ?? {}) as object, part) : part);
  }
  return Object.fromEntries(merged);
}

function read<T>(file: string): T {
  return parse(readFileSync(`${import.meta.dirname}/${file}`, 'utf8'), { merge: true }) as T;
}
