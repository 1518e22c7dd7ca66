import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from './testing/index.ts';
import { holderOf, PortTakenError, probePort } from './port-probe.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(options: ListenOptions = {}): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0, ...options });
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('probing a port', () => {
  test('finds a free one for 0, and leaves it free', async () => {
    expect(await probePort('127.0.0.1', 0, 'proxy.port')).toBeGreaterThan(0);
    // One that nobody else takes meanwhile.
    const port = await freePort();
    expect(await probePort('127.0.0.1', port, 'proxy.port')).toBe(port);
    expect(await listening({ port })).toBe(port);
  });

  test('that is taken tells the key and the holder', async () => {
    const port = await listening();
    const error = await probePort('127.0.0.1', port, 'proxy.tls.port').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PortTakenError);
    expect(error).toMatchObject({ key: 'proxy.tls.port', port, host: '127.0.0.1', cause: { code: 'EADDRINUSE' } });
    expect(error).toHaveProperty('holder', expect.stringMatching(new RegExp(`\\(process ${process.pid}\\)$`)));
    expect(error).toHaveProperty('message', expect.stringContaining(`port ${port} on 127.0.0.1 is taken by `));
  });

  test('finds out about a gateway that shares its port among its workers', async () => {
    const port = await listening({ reusePort: true });
    await expect(probePort('127.0.0.1', port, 'proxy.port')).rejects.toThrow(PortTakenError);
  });

  test('finds out about one that listens on all addresses', async () => {
    const port = await listening({ host: '0.0.0.0' });
    await expect(probePort('127.0.0.1', port, 'management.port')).rejects.toThrow(PortTakenError);
  });

  test('of an address that is not ours says what to change', async () => {
    await expect(probePort('192.0.2.1', 0, 'proxy.port')).rejects.toMatchObject({
      name: 'ListenRefusedError',
      cause: { code: 'EADDRNOTAVAIL' },
    });
  });
});

test('nobody holds a port that is free', async () => {
  expect(await holderOf(await freePort())).toBeUndefined();
});

test('a holder that is not known is not told', () => {
  expect(new PortTakenError({ host: 'h', port: 1, key: 'proxy.port' }).message).toBe('port 1 on h is taken');
});
