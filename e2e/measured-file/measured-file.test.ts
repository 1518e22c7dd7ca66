import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSluice } from '../kit/index.ts';
import { MeasuredGateway } from './measured-gateway.ts';
import { startFileBackends } from './version-backends.ts';
import type { FileBackends } from './version-backends.ts';
import { startVersionLoad } from './version-load.ts';

let backends: FileBackends;
let gateway: MeasuredGateway;

beforeAll(async () => {
  backends = await startFileBackends();
  gateway = await MeasuredGateway.start({ name: 'one', backends, version: 'v1', changesAtStart: 'direct' });
});

afterAll(async () => {
  await gateway.process.remove();
  await backends.close();
});

test(
  'a good save goes live as a canary by itself, a bad one is taken back, and kill -9 changes neither',
  { timeout: 300_000 },
  async () => {
    const load = startVersionLoad(gateway.process.proxyPort, 'v1');
    await load.more(20);

    // A good save. With it, changes are measured for the first time, without a restart.
    load.allow('v1', 'v2');
    await gateway.save('v2');
    const { routeId, lines } = await gateway.waitFor('onTrial');
    expect(`${routeId} ${lines}`).toMatch(/^users .*sluice\.json:\d+-\d+$/);
    await gateway.waitUntilLive();
    load.allow('v2');
    expect(new Set(await load.more(20))).toEqual(new Set(['v2']));

    // A bad one.
    load.allow('v2', 'bad');
    await gateway.save('bad');
    const { why } = await gateway.waitFor('takenBack');
    expect(why).toMatch(/^The candidate failed/);
    load.allow('v2');
    expect(new Set(await load.more(20))).toEqual(new Set(['v2']));
    expect(await load.stop()).toEqual([]);

    // Anybody on the machine may ask what is not live.
    const { managementPort } = gateway.process;
    const watched = await runSluice(['watch', '--url', `http://127.0.0.1:${managementPort}`]);
    expect(watched.code).toBe(4);
    expect(watched.stdout).toMatch(/^taken back {2}.*sluice\.json:\d+-\d+ {2}route users: The candidate failed/);

    // It stays away over a restart, and is not tried again.
    await gateway.process.kill();
    await gateway.process.start();
    const again = startVersionLoad(gateway.process.proxyPort, 'v2');
    const { deploymentId } = await gateway.waitFor('takenBack', why);
    expect(new Set(await again.more(20))).toEqual(new Set(['v2']));

    // The file goes back to what serves.
    await gateway.save('v2');
    await gateway.waitUntilLive();

    // The next save begins anew; killed in the middle, it goes on.
    again.allow('v2', 'v1');
    await gateway.save('v1');
    const before = await gateway.waitFor('onTrial');
    expect(before.deploymentId).not.toBe(deploymentId);
    expect(await again.stop()).toEqual([]);
    await gateway.process.kill();
    await gateway.process.start();
    const last = startVersionLoad(gateway.process.proxyPort, 'v2', 'v1');
    await gateway.waitUntilLive();
    last.allow('v1');
    expect(new Set(await last.more(20))).toEqual(new Set(['v1']));
    expect(await last.stop()).toEqual([]);
  },
);
