import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';

// A backend that begins each response well and then resets it is fast, idle, and of no use to anybody.
test('a backend that resets its responses is put aside although each of them begins well', async () => {
  const resetting = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
    });
  });
  await new Promise<void>((resolve) => void resetting.listen(0, '127.0.0.1', resolve));
  const good = await startHttpBackend('good');
  const backends = [
    { name: 'resetting', url: `http://127.0.0.1:${(resetting.address() as AddressInfo).port}` },
    { name: 'good', url: good.url },
  ];
  const sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [{ name: 'r', strategy: 'LeastConnections', ejection: { ejectionTime: '5m' }, backends }],
  });
  try {
    await until('it to be put aside', async () => {
      await ask(sluice.proxyPort, '/').catch(() => undefined);
      return sluice.output.includes('"backend is ejected"');
    });
    for (let i = 0; i < 10; i++) expect((await ask(sluice.proxyPort, '/')).body).toBe('good');
  } finally {
    await sluice.stop();
    await good.close();
    resetting.close();
  }
});
