import { parseConfig } from '@sluice/model';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { holdPorts } from './ports.ts';

test('a port that the system chose is chosen for nobody else until it is let go, and refuses until somebody listens', async () => {
  const parsed = parseConfig({ proxy: { host: '127.0.0.1', port: 0 } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  // Of 500 that are chosen from some 14,000, two would be the same.
  const held = await Promise.all(Array.from({ length: 500 }, () => holdPorts(parsed.config.proxy)));
  const ports = held.map((one) => one.ports.http!);
  expect(new Set(ports).size).toBe(held.length);
  const place = { host: '127.0.0.1', port: ports[0] };
  await expect(once(connect(place), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const server = createServer().listen(place);
  await once(server, 'listening');
  server.close();
  for (const one of held) one.release();
});
