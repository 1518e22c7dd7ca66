import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { freePort, startScriptedOrigin, startSluice } from '../kit/index.ts';
import type { ScriptedOrigin, Sluice } from '../kit/index.ts';
import { checkCase } from './check-case.ts';
import { playCase } from './play-case.ts';
import { expandCases, replace } from './wire-case.ts';
import type { WireCase } from './wire-case.ts';

const files = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.yaml') && !name.endsWith('config.yaml'),
);
const cases = files.flatMap((file) =>
  expandCases(read(file) as WireCase[]).map((one) => [`${file}: ${one.name} (${one.reference})`, one] as const),
);

/** Declares all cases as tests of a gateway that uses this transport. */
export function testCases(transport: 'auto' | 'public'): void {
  // Cases with the same configuration share one gateway, which is started when the first of them runs.
  const gateways = new Map<string, Promise<Sluice>>();
  let origin: ScriptedOrigin;
  let base: object;
  beforeAll(async () => {
    origin = await startScriptedOrigin();
    const addresses = { origin: `127.0.0.1:${origin.port}`, closed: `127.0.0.1:${await freePort()}` };
    base = merge(replace(read('config.yaml'), addresses), { proxy: { transport } });
  });
  afterAll(async () => {
    for (const gateway of gateways.values()) await (await gateway).stop();
    await origin.close();
  });
  test.each(cases)('%s', async (_, one) => {
    expect.hasAssertions();
    const whole = replace(one, { origin: `127.0.0.1:${origin.port}` });
    const config = typeof whole.config === 'string' ? read(`${whole.config}-config.yaml`) : whole.config;
    const key = JSON.stringify(config ?? {});
    if (!gateways.has(key)) gateways.set(key, startSluice(merge(base, config ?? {})));
    checkCase(whole, await playCase(whole, origin, await gateways.get(key)!), origin);
  });
}

/** Objects are merged key by key, everything else is replaced. */
function merge(value: unknown, over: object): object {
  const merged = new Map<string, unknown>(Object.entries(value ?? {}));
  for (const [key, part] of Object.entries(over) as [string, unknown][]) {
    const mergeable = typeof part === 'object' && part !== null && !Array.isArray(part);
    merged.set(key, mergeable ? merge(merged.get(key), part) : part);
  }
  return Object.fromEntries(merged);
}

function read(file: string): object {
  return parse(readFileSync(`${import.meta.dirname}/${file}`, 'utf8'), { merge: true }) as object;
}
