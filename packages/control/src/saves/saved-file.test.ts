import { parseConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { afterEach, expect, test } from 'vitest';
import { ControlWorld } from '../deployment/testing/control-world.ts';
import type { ControlProcess } from '../deployment/testing/control-world.ts';
import { SavedFile } from './saved-file.ts';

const quick = { interval: '1s', minRequests: 20, maxWait: '5s' };
const twoPhases = [
  { trafficPercentage: 20, duration: '5s' },
  { trafficPercentage: 100, duration: '5s' },
];
const measured = { phases: twoPhases, analysis: quick };

const route = (name: string, port: number, more: object = {}) => ({
  name,
  pathPattern: `/${name}/**`,
  backends: [{ name: 'a', url: `http://10.0.0.1:${port}` }],
  ...more,
});

function content(routes: object[], more: object = {}) {
  const read = parseConfig({ changes: measured, routes, ...more });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const ids = read.config.routes.map(({ routeId }) => routeId);
  const placeOf = (routeId: string): string => `sluice.yaml:${ids.indexOf(routeId) + 2}`;
  return { ...read.config, placeOf };
}

const files: SavedFile[] = [];

afterEach(async () => {
  await Promise.all(files.splice(0).map((file) => file.close()));
});

/** A process with a copy of the file. */
class Copy {
  readonly log: string[] = [];
  readonly file: SavedFile;
  readonly #world: ControlWorld;
  readonly #process: ControlProcess;

  constructor(world: ControlWorld, process: ControlProcess, name = 'n1') {
    this.#world = world;
    this.#process = process;
    const note = (message: string) => void this.log.push(message);
    const log: Logger = { debug() {}, info: note, warn: note, error: note };
    this.file = new SavedFile({
      store: world.store,
      configuration: process.configuration,
      deployments: process.deployments,
      environment: 'Development',
      process: name,
      auditOf: () => () => [],
      clock: () => world.now,
      log,
      everyMs: 2_000_000_000,
    });
    files.push(this.file);
  }

  static async start(world: ControlWorld, name?: string): Promise<Copy> {
    return new Copy(world, await world.process(), name);
  }

  save(routes: object[], more: object = {}) {
    this.#process.configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
    return this.file.save(content(routes, more), 'sluice.yaml');
  }

  /** Lets time pass. */
  async pass(seconds: number, ...others: Copy[]): Promise<void> {
    const copies = [this, ...others];
    for (let second = 0; second < seconds; second++) {
      await this.#world.pass(
        1,
        copies.map((copy) => copy.#process),
      );
      for (const copy of copies) await copy.file.look();
    }
  }

  /** The port that serves a route, and the one on trial. */
  serves(routeId: string): string {
    const document = this.#process.configuration.route(routeId)?.document;
    const backendOf = (of: typeof document) => {
      const [first] = of?.backends ?? [];
      if (first === undefined) return '-';
      return 'url' in first ? first.url.slice('http://10.0.0.1:'.length) : first.backendId;
    };
    const { split } = document ?? {};
    return split === undefined ? backendOf(document) : `${backendOf(document)}|${backendOf(split.candidate)}`;
  }

  notLive(): string[] {
    return (this.file.status()?.notLive ?? []).map(({ routeId, lines, state }) => `${lines} ${routeId} ${state}`);
  }

  async deployments() {
    const { items } = await this.#process.deployments.list({ limit: 100, offset: 0 });
    return items;
  }
}

async function newWorld(): Promise<{ world: ControlWorld; copy: Copy }> {
  const made = new ControlWorld({ approvalFor: ['Development'] });
  return { world: made, copy: await Copy.start(made) };
}

/** A world in which the new version of a route fails. */
async function badWorld() {
  const made = await newWorld();
  made.world.traffic.usual = { errorRate: 0.5, latencyMs: 10 };
  return made;
}

test('the first file is live at once, and a good change is live after its trial', async () => {
  const { copy } = await newWorld();
  await copy.save([route('users', 1)]);
  expect(copy.serves('users')).toBe('1');
  await copy.save([route('users', 2)]);
  expect(copy.serves('users')).toBe('1|2');
  expect(copy.notLive()).toEqual(['sluice.yaml:2 users onTrial']);
  await copy.pass(20);
  expect(copy.serves('users')).toBe('2');
  expect(copy.notLive()).toEqual([]);
  expect(copy.log).toEqual(['a saved change is on trial', 'a saved change is on trial', 'a saved change is live']);
});

test('a bad change is taken back, stays away over restarts and other saves, and the next save begins anew', async () => {
  const { world: made, copy } = await badWorld();
  await copy.save([route('users', 1), route('orders', 1)]);
  await copy.save([route('users', 2), route('orders', 1)]);
  await copy.pass(10);
  expect(copy.serves('users')).toBe('1');
  expect(copy.notLive()).toEqual(['sluice.yaml:2 users takenBack']);

  const restarted = await Copy.start(made);
  await restarted.save([route('users', 2), route('orders', 1)]);
  expect(restarted.serves('users')).toBe('1');
  expect(restarted.notLive()).toEqual(['sluice.yaml:2 users takenBack']);
  expect(restarted.log).toEqual([expect.stringContaining('taken back')]);

  await restarted.save([route('users', 2), route('orders', 1), route('cart', 1)]);
  expect([restarted.serves('users'), restarted.serves('cart')]).toEqual(['1', '1']);
  expect(await restarted.deployments()).toHaveLength(1);

  await restarted.save([route('users', 3), route('orders', 1), route('cart', 1)]);
  expect(restarted.serves('users')).toBe('1|3');
});

test('a change that was taken back begins anew when the file went back meanwhile', async () => {
  const { copy } = await badWorld();
  await copy.save([route('users', 1)]);
  await copy.save([route('users', 2)]);
  await copy.pass(10);
  await copy.save([route('users', 1)]);
  expect([copy.serves('users'), copy.notLive()]).toEqual(['1', []]);
  await copy.save([route('users', 2)]);
  expect(copy.serves('users')).toBe('1|2');
  const ids = (await copy.deployments()).map(({ deploymentId }) => deploymentId);
  expect(new Set(ids).size).toBe(2);
});

test('a save during a trial begins anew from what serves; one of another route leaves the trial alone', async () => {
  const { copy } = await newWorld();
  await copy.save([route('users', 1), route('orders', 1)]);
  await copy.save([route('users', 2), route('orders', 1)]);
  const [first] = await copy.deployments();
  await copy.save([route('users', 2), route('orders', 2)]);
  expect([copy.serves('users'), copy.serves('orders')]).toEqual(['1|2', '1|2']);
  await copy.save([route('users', 3), route('orders', 2)]);
  expect(copy.serves('users')).toBe('1|3');
  const ended = (await copy.deployments()).find(({ deploymentId }) => deploymentId === first?.deploymentId);
  expect(ended).toMatchObject({ status: 'Cancelled', rollbackReason: 'the file was saved again' });
  await copy.pass(20);
  expect([copy.serves('users'), copy.serves('orders')]).toEqual(['3', '2']);
});

test('a file that goes back to what serves ends the trial', async () => {
  const { copy } = await newWorld();
  await copy.save([route('users', 1)]);
  await copy.save([route('users', 2)]);
  await copy.save([route('users', 1)]);
  expect([copy.serves('users'), copy.notLive()]).toEqual(['1', []]);
  expect(await copy.deployments()).toMatchObject([{ status: 'Cancelled' }]);
});

test('the routes of one save are taken back together', async () => {
  const { copy } = await badWorld();
  await copy.save([route('users', 1), route('orders', 1)]);
  await copy.save([route('users', 2), route('orders', 2)]);
  expect(await copy.deployments()).toHaveLength(1);
  await copy.pass(10);
  expect([copy.serves('users'), copy.serves('orders')]).toEqual(['1', '1']);
});

test('a changed shared backend is on trial; the version that serves keeps the one before', async () => {
  const { copy } = await newWorld();
  const shared = (port: number) => ({ backends: [{ name: 'one', url: `http://10.0.0.1:${port}` }] });
  const sharing = { ...route('users', 1), backends: [{ backendId: 'one' }] };
  await copy.save([sharing], shared(1));
  expect(copy.serves('users')).toBe('one');
  await copy.save([sharing], shared(2));
  expect(copy.serves('users')).toBe('1|one');
  await copy.pass(20);
  expect(copy.serves('users')).toBe('one');
});

test('a process that starts with another file than it had goes on from what served', async () => {
  const { world: made, copy } = await newWorld();
  await copy.save([route('users', 1)]);
  const restarted = await Copy.start(made);
  await restarted.save([route('users', 2)]);
  expect(restarted.serves('users')).toBe('1|2');
});

test('a trial with no traffic is held, without asking anybody, and goes on when traffic comes', async () => {
  const { world: made, copy } = await newWorld();
  await copy.save([route('users', 1)]);
  made.traffic.rate = 0;
  await copy.save([route('users', 2)]);
  await copy.pass(60);
  expect(copy.notLive()).toEqual(['sluice.yaml:2 users held']);
  expect(await copy.deployments()).toMatchObject([{ status: 'InProgress' }]);
  made.traffic.rate = 1000;
  await copy.pass(20);
  expect(copy.serves('users')).toBe('2');
});

test('of several processes with one store, the first to see a save begins its trial, and a late one changes nothing', async () => {
  const { world: made, copy } = await newWorld();
  const late = await Copy.start(made, 'n2');
  for (const each of [copy, late]) await each.save([route('users', 1)]);
  await copy.save([route('users', 2)]);
  await copy.pass(2, late);
  expect(late.serves('users')).toBe('1|2');
  const restarted = await Copy.start(made, 'n2');
  await restarted.save([route('users', 1)]);
  expect(restarted.serves('users')).toBe('1|2');
  expect(restarted.file.status()).toMatchObject({ behind: 1, notLive: [] });
  await copy.pass(20, restarted);
  expect(restarted.serves('users')).toBe('2');
  await restarted.save([route('users', 2)]);
  expect(restarted.file.status()).toMatchObject({ behind: 0, notLive: [] });
  expect(await copy.deployments()).toHaveLength(1);
});

test('processes that see the same save at the same moment begin one trial', async () => {
  const { world: made, copy } = await newWorld();
  const other = await Copy.start(made, 'n2');
  for (const each of [copy, other]) await each.save([route('users', 1)]);
  await Promise.all([copy.save([route('users', 2)]), other.save([route('users', 2)])]);
  expect(await copy.deployments()).toHaveLength(1);
});

test('a file that is written over and over begins few trials, and the newest content has the last one', async () => {
  const { copy } = await newWorld();
  await copy.save([route('users', 1)]);
  for (let port = 2; port <= 20; port++) await copy.save([route('users', port)]);
  expect((await copy.deployments()).length).toBeLessThanOrEqual(5);
  await copy.pass(12);
  expect(copy.serves('users')).toBe('1|20');
  expect((await copy.deployments()).length).toBeLessThanOrEqual(6);
});

test('a freeze holds a save, and says so', async () => {
  const name = 'the holidays';
  const freeze = [{ name, from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' }];
  const copy = await Copy.start(new ControlWorld({ freeze }));
  await copy.save([route('users', 1)]);
  await copy.save([route('users', 2)]);
  expect(copy.serves('users')).toBe('1');
  expect(copy.file.status()?.notLive).toMatchObject([{ state: 'held', why: expect.stringContaining(name) as string }]);
});
