import { expect, test } from 'vitest';
import { ask, freePort, startSluice } from '../kit/index.ts';

// Two gateways that point at each other keep a request going until some limit of connections ends it, for everybody.
test('a request that two gateways send to each other is answered with 508 after a few hops', async () => {
  const ports = [await freePort(), await freePort()];
  const configOf = (port: number, other: number) => ({
    proxy: { port, workers: 1 },
    routes: [
      {
        name: 'round',
        backends: [{ name: 'other', url: `http://127.0.0.1:${other}` }],
        retryPolicy: { maxAttempts: 3 },
      },
    ],
  });
  const gateways = await Promise.all([
    startSluice(configOf(ports[0], ports[1])),
    startSluice(configOf(ports[1], ports[0])),
  ]);
  try {
    const { status, body } = await ask(ports[0], '/x');
    const { error } = JSON.parse(body) as { error: { code: string } };
    expect([status, error.code]).toEqual([508, 'LOOP_DETECTED']);
    await Promise.all(gateways.map((gateway) => gateway.counted()));
    const seen = await Promise.all(gateways.map((one) => one.metric('api_gateway_requests_total', { route: 'round' })));
    expect(seen).toEqual([3, 3]);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  }
});
