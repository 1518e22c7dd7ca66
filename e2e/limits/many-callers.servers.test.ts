import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, longWindow, rssOf, startSluice, until } from '../kit/index.ts';
import type { Answer, Sluice } from '../kit/index.ts';

/** How many callers a node knows, by the kind of the limit. docs/limits.md names these numbers. */
const known = { FixedWindow: 524_288, SlidingWindow: 65_536 };
/** Requests that are on their way at once. */
const atOnce = 500;

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice({
    proxy: { workers: 2, accessLog: { failures: false } },
    routes: (['FixedWindow', 'SlidingWindow'] as const).map((type) => ({
      name: type,
      pathPattern: `/${type}`,
      rateLimit: { type, requests: 3, window: longWindow(), keyBy: 'Header:X-Caller' },
      // No backend serves it, so that the gateway answers itself: what is counted is told all the same.
      backends: [{ name: 'none', url: 'http://127.0.0.1:9', isEnabled: false }],
    })),
  });
});
afterAll(() => sluice.stop());

const from = (caller: string, path: string): Promise<Answer> =>
  ask(sluice.proxyPort, path, { headers: { 'X-Caller': caller } });

/** One request from each of these callers, all of which find room. */
async function attack(path: string, first: number, last: number): Promise<void> {
  const socket = connect(sluice.proxyPort, '127.0.0.1').setEncoding('latin1');
  const statuses: Record<string, number> = {};
  let [answered, rest] = [0, ''];
  socket.on('data', (chunk: string) => {
    const heads = (rest + chunk).split('\r\n\r\n');
    rest = heads.pop() ?? '';
    answered += heads.length;
    for (const head of heads) statuses[head.slice(9, 12)] = (statuses[head.slice(9, 12)] ?? 0) + 1;
  });
  for (let sent = first; sent < last;) {
    const next = Math.min(last, sent + atOnce);
    const heads = Array.from({ length: next - sent }, (_, i) => headOf(path, `attacker ${sent + i}`));
    socket.write(heads.join(''));
    sent = next;
    await until('answers', () => answered >= sent - first);
  }
  socket.destroy();
  expect(statuses).toEqual({ 503: last - first });
}

function headOf(path: string, caller: string): string {
  return `HEAD ${path} HTTP/1.1\r\nHost: a\r\nX-Caller: ${caller}\r\n\r\n`;
}

test.each(Object.entries(known))(
  '%s: callers without end take no more memory than the %i that are known; the oldest are forgotten, and not one at its limit',
  { timeout: 300_000 },
  async (type, places) => {
    const path = `/${type}`;
    const victim = async (): Promise<number> => (await from('victim', path)).status;
    expect([await victim(), await victim(), await victim(), await victim()]).toEqual([503, 503, 503, 429]);
    expect((await from('early', path)).headers['x-ratelimit-remaining']).toBe('2');
    // A set of places gets more or fewer of them by chance.
    const filled = Math.round(1.2 * places);
    await attack(path, 0, filled);
    const full = rssOf(sluice.pid);
    await attack(path, filled, filled + 2 * places);
    console.log(`${type}: ${rssOf(sluice.pid) - full} MB more after ${2 * places} further callers`);
    // A million callers who were kept would take more than 100 MB.
    expect(rssOf(sluice.pid) - full).toBeLessThan(40);
    // One that is forgotten begins anew.
    expect((await from('early', path)).headers['x-ratelimit-remaining']).toBe('2');
    expect(await victim()).toBe(429);
  },
);
