import { expect, test } from 'vitest';
import { connectRaw, startHttpBackend, startSluice, until } from '../kit/index.ts';

// All clients have shorter timeouts than the gateway: nothing but their leaving ever says that a backend hangs.
test('breakers and ejection learn of a backend that hangs from the clients that give up', async () => {
  const hanging = await startHttpBackend('hanging');
  hanging.answer = () => undefined;
  const good = await startHttpBackend('good');
  const backends = [
    { name: 'hanging', url: hanging.url },
    { name: 'good', url: good.url },
  ];
  const sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [
      { name: 'ejecting', pathPattern: '/ejecting', ejection: { consecutiveFailures: 2 }, backends },
      {
        name: 'breaking',
        pathPattern: '/breaking',
        ejection: { consecutiveFailures: 0 },
        circuitBreaker: { failureThreshold: 2, timeout: '60s' },
        backends: [{ name: 'hanging', url: `${hanging.url}/` }],
      },
    ],
  });
  try {
    await giveUpUntil(sluice.proxyPort, '/breaking', () => sluice.output.includes('"circuit breaker is open"'));
    await giveUpUntil(sluice.proxyPort, '/ejecting', () => sluice.output.includes('"backend is ejected"'));
    expect(lineWith(sluice.output, 'backend is ejected')).toMatchObject({
      level: 'warn',
      route: 'ejecting',
      backend: 'hanging',
      reason: 'it answered nobody until a client gave up',
      until: expect.stringMatching(/^\d{4}-/) as unknown,
    });
  } finally {
    await sluice.stop();
    await Promise.all([hanging.close(), good.close()]);
  }
});

/** Several clients at a time that ask and leave after a second without an answer, again and again. */
async function giveUpUntil(port: number, path: string, done: () => boolean): Promise<void> {
  await until(`${path} to be noticed`, async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => connectRaw(port)));
    for (const client of clients) client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const begun = performance.now();
    await until('a second', () => performance.now() - begun > 1000);
    for (const client of clients) client.close();
    return done();
  });
}

function lineWith(output: string, message: string): unknown {
  const line = output.split('\n').find((text) => text.includes(`"${message}"`));
  return JSON.parse(line ?? '{}');
}
