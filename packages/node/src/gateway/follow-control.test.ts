import type { ControlConnection, NodeChanges, NodeCommand, NodeReport } from '@sluice/model';
import { startGateway } from '@sluice/gateway';
import { parseConfig } from '@sluice/model';
import { createLogger, LogLevels } from '@sluice/service';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { followControl } from './follow-control.ts';
import { GatewayRunner } from './gateway-runner.ts';

const log = createLogger({ output: { write: () => true } });
const settled = { interval: 10 };
const identity = { nodeId: 'a', name: 'a', version: '1', role: 'gateway' as const, startedAt: 0 };

let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

async function startBackend(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A control plane that says what the test wants said, and keeps what it is told. */
function createControl() {
  const reports: NodeReport[] = [];
  const due: NodeChanges[] = [];
  let wake: (() => void) | undefined;
  const none = { routes: [], backends: [], removedRoutes: [], removedBackends: [], commands: [] };
  const connection: ControlConnection = {
    async changes({ since, waitMs, signal }) {
      if (due.length === 0 && waitMs > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return due.shift() ?? { ...none, revision: since, lineage: 'first', whole: since === 0 };
    },
    report(report) {
      reports.push(report);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const say = (revision: number, route: object): void => {
    due.push({ ...none, revision, lineage: 'first', whole: revision === 1, routes: [route] });
    wake?.();
  };
  const command = (revision: number, what: NodeCommand): void => {
    due.push({ ...none, revision, lineage: 'first', whole: false, commands: [what] });
    wake?.();
  };
  return { connection, reports, say, command };
}

test('a node tells control what both versions of a route did, and drains and logs as it is asked to', async () => {
  const [good, bad] = [await startBackend(200), await startBackend(503)];
  const routeOf = (url: string) => ({ name: 'orders', pathPattern: '/**', backends: [{ name: 'own', url }] });
  const split = (epoch: number, more: object) => ({
    ...routeOf(good),
    split: { deploymentId: 'd1', epoch, percentage: 0, candidate: routeOf(bad), ...more },
  });
  const parsed = parseConfig({ proxy: { port: 0, workers: 1 }, store: { url: 'memory:' }, routes: [] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed;
  const runner = new GatewayRunner(config, (whole, revision) =>
    startGateway({ config: whole, log, version: '1', revision }),
  );
  const control = createControl();
  control.say(1, split(1, { testers: [{ header: 'x-tester', value: '*' }] }));
  const logLevels = new LogLevels('info');
  const node = followControl({
    runner,
    control: control.connection,
    identity,
    config,
    ownsRoutes: false,
    log,
    logLevels,
  });
  closers.push(
    () => runner.gateway?.close({ drainMs: 0 }),
    () => node.close(),
  );
  const gateway = await node.started;
  const url = `http://127.0.0.1:${gateway.addresses.proxy?.port}/`;

  for (let count = 0; count < 3; count++) expect((await fetch(url)).status).toBe(200);
  expect((await fetch(url, { headers: { 'x-tester': 'yes' } })).status).toBe(503);
  const last = () => control.reports.at(-1);
  await expect.poll(() => last()?.splits[0]?.candidate.requests, settled).toBe(1);
  await expect.poll(() => last()?.splits[0]?.stable.requests, settled).toBe(3);
  expect(last()?.splits).toMatchObject([
    { deploymentId: 'd1', routeId: 'orders', epoch: 1, stable: { failures: 0 }, candidate: { failures: 1 } },
  ]);

  control.say(2, split(2, { draining: ['a'] }));
  await expect.poll(() => last(), settled).toMatchObject({ revision: 2, state: 'draining', drainsFor: 'd1' });
  expect(gateway.status.ready()).toMatchObject({ ready: false });
  expect((await fetch(url)).status).toBe(200);

  control.say(3, split(3, { nodes: ['a'] }));
  await expect.poll(() => last(), settled).toMatchObject({ revision: 3, state: 'serving' });
  expect(gateway.status.ready()).toEqual({ ready: true });
  expect((await fetch(url)).status).toBe(503);

  control.say(4, routeOf(good));
  await expect.poll(() => last(), settled).toMatchObject({ revision: 4, splits: [] });

  const until = '2999-01-01T00:00:00.000Z';
  control.command(4, { id: 'c1', kind: 'logLevel', level: 'debug', until });
  await expect.poll(() => last()?.logLevel, settled).toEqual({ level: 'debug', until });
  expect(logLevels.level).toBe('debug');
  control.command(4, { id: 'c2', kind: 'logLevel' });
  await expect.poll(() => last()?.logLevel, settled).toBeUndefined();
  expect(logLevels.level).toBe('info');
});
