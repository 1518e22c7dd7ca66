import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { RefusedError, startGateway } from './index.ts';
import type { EmbeddedConfig } from './index.ts';

const config: EmbeddedConfig = { proxy: { port: 0, workers: 1 }, routes: [] };

test('a wrong configuration is refused with every problem, at the start and later, and the one before serves on', async () => {
  const wrong = { proxy: { prot: 1 }, routes: [{ name: 'a' }] } as unknown as EmbeddedConfig;
  const paths = [
    ['routes', 0, 'backends'],
    ['proxy', 'prot'],
  ];
  const refused = await startGateway(wrong).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RefusedError);
  expect((refused as RefusedError).problems.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));

  const gateway = await startGateway(config);
  await expect(gateway.apply(wrong)).rejects.toBeInstanceOf(RefusedError);
  expect({ revision: gateway.revision, status: (await fetch(gateway.url!)).status }).toEqual({
    revision: 1,
    status: 404,
  });
  expect(gateway.health()).toMatchObject({ revision: 1 });
  expect(gateway.metrics()).toContain('api_gateway_config_revision 1');
  await gateway.close();
  await gateway.close();
});

test('a configuration that names a file which is not there is refused, at the start and later', async () => {
  const methods = [{ type: 'basic' as const, usersFile: 'none.htpasswd' }];
  const backends = [{ name: 'b', url: 'http://127.0.0.1:1' }];
  const named: EmbeddedConfig = { ...config, routes: [{ name: 'a', authentication: { methods }, backends }] };
  const message = 'routes[0].authentication.methods[0].usersFile: none.htpasswd cannot be read (ENOENT)';
  await expect(startGateway(named)).rejects.toThrow(message);
  const gateway = await startGateway(config);
  await expect(gateway.apply(named)).rejects.toThrow(message);
  expect(gateway.revision).toBe(1);
  await gateway.close();
});

test('what belongs to a control plane is refused, not ignored', async () => {
  const whole = { ...config, management: { port: 5000 } } as EmbeddedConfig;
  await expect(startGateway(whole)).rejects.toThrow('management: is not for an embedded gateway');
});

test('a port that is taken rejects', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(startGateway({ proxy: { port } })).rejects.toThrow(String(port));
  taken.close();
});
