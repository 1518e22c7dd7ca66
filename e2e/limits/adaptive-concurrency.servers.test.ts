import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttpBackend, startLoad, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';

const bounds = { minLimit: 4, maxLimit: 200 };

let backend: HttpBackend;
let sluice: Sluice;
let latencyMs = 30;

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => {
    request.resume();
    setTimeout(() => response.end('ok'), latencyMs);
  };
  sluice = await startSluice({
    proxy: { workers: 2, accessLog: { failures: false } },
    routes: [{ name: 'r', adaptiveConcurrency: bounds, backends: [{ name: 'backend', url: backend.url }] }],
  });
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
});

const limit = (): Promise<number> => sluice.metric('api_gateway_adaptive_limit');

test('the limit rises while a crowd is served fast, falls when its backend becomes slow, and rises again', async () => {
  // Most lanes wait for the backend. Those that are refused must not come again so fast that nothing else runs.
  const judge = ({ status }: Answer): string | undefined =>
    status === 200 || status === 503 ? undefined : `${status}`;
  const crowd = startLoad({
    port: sluice.proxyPort,
    connections: 40,
    rate: 600,
    request: () => ({ path: '/' }),
    judge,
  });
  const seen: number[] = [];
  const turn = (what: string, isThere: (now: number) => boolean): Promise<number> => {
    const look = async (): Promise<number | false> => {
      const now = await limit();
      if (now !== seen.at(-1)) seen.push(now);
      return isThere(now) && now;
    };
    return until(what, look, { timeout: 60_000, detail: () => `limits: ${seen.join(', ')}` });
  };
  const first = await turn('a limit', (now) => now > 0);
  // What is usual is known after ten windows, in each of which the limit rises by less than one.
  const high = await turn('the limit to rise', (now) => now >= first + 8);
  latencyMs = 600;
  const low = await turn('the limit to fall', (now) => now <= high / 2);
  latencyMs = 30;
  await turn('the limit to rise again', (now) => now >= low + 3);
  await crowd.stop();
  console.log(`adaptive limit: ${seen.join(', ')}`);
  expect(crowd.wrong).toEqual([]);
  expect(await sluice.metric('api_gateway_limited_requests_total', { kind: 'adaptiveConcurrency' })).toBeGreaterThan(0);
}, 200_000);
