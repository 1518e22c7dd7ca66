import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@sluice/service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createLocalConnection,
  createNodeHub,
  createNodeRegistry,
  createProcessBus,
} from '../../../control/src/nodes/testing/control-side.ts';
import { backendDocument, routeDocument, splitDocument } from '../../../control/src/nodes/testing/documents.ts';
import { MemoryFeed } from '../../../control/src/nodes/testing/memory-feed.ts';
import type { SharedStore } from '../../../control/src/nodes/testing/memory-feed.ts';
import { ControlError } from '@sluice/model';
import type { ControlConnection, NodeChanges, NodeReport } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { createNodeAgent } from './node-agent.ts';
import type { NodeAgent, NodeAgentOptions } from './node-agent.ts';
import { readSnapshot, writeSnapshot } from '../snapshot/snapshot-file.ts';
import { FakeGateway } from './testing/fake-gateway.ts';

const node = { nodeId: 'a', name: 'a', version: '0.1.0', role: 'gateway' as const, startedAt: 0 };
const nothing: NodeChanges = {
  revision: 0,
  lineage: 'first',
  whole: false,
  routes: [],
  backends: [],
  removedRoutes: [],
  removedBackends: [],
  commands: [],
};

let folder: string;
let snapshotFile: string;
let agents: NodeAgent[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-agent-'));
  snapshotFile = join(folder, 'snapshot.json');
});
afterEach(async () => {
  for (const agent of agents) await agent.close();
  agents = [];
  await rm(folder, { recursive: true });
});

/** An agent in the process of its control, over a connection that can be cut. */
function setUp(options: Partial<NodeAgentOptions> = {}) {
  const clock = createManualClock();
  const bus = createProcessBus();
  const feed = new MemoryFeed();
  const lines: string[] = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  const registry = createNodeRegistry({ bus, clock });
  const hub = createNodeHub({ configuration: feed, bus, clock, log });
  const local = createLocalConnection(hub, registry);
  const gateway = new FakeGateway();
  const reports: NodeReport[] = [];
  const cut = { failure: undefined as Error | undefined, asked: 0 };
  const control: ControlConnection = {
    ...local,
    async changes(request) {
      cut.asked++;
      if (cut.failure !== undefined) throw cut.failure;
      return local.changes(request);
    },
    async report(report) {
      if (cut.failure !== undefined) throw cut.failure;
      reports.push(report);
      await local.report(report);
    },
  };
  const agent = createNodeAgent({
    node,
    control,
    apply: gateway.apply,
    status: () => gateway.status,
    splits: () => gateway.splits,
    checkHealth: (ids) => void gateway.checked.push(ids),
    clock,
    random: () => 0.5,
    log,
    ...options,
  });
  agents.push(agent);
  const said = (text: string): string[] => lines.filter((line) => line.includes(text));
  return { clock, bus, feed, registry, hub, gateway, reports, cut, agent, lines, said };
}

/** Starts and waits: files are read in real time, everything else in that of the clock. */
async function started(world: ReturnType<typeof setUp>): Promise<void> {
  const { agent, clock } = world;
  let done = false;
  const start = agent.start().then(() => (done = true));
  await until(async () => {
    await clock.advance(1);
    return done;
  });
  await start;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(holds, { interval: 1 }).toBe(true);
}

/** After every change of a test. */
const muchLater = '2026-02-01T00:00:00.000Z';
const away = new ControlError('unreachable', 'connect ECONNREFUSED');
const routeNames = ({ gateway }: ReturnType<typeof setUp>) => gateway.running?.routes.map(({ name }) => name);

describe('an agent that follows control', () => {
  test('runs what control has, and each revision at once', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    expect(world.gateway.running).toMatchObject({ revision: 1, lineage: 'first', source: 'control' });
    expect(world.agent.status()).toMatchObject({ revision: 1, source: 'control', connected: true });
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(0);
    expect(world.gateway.running?.revision).toBe(2);
    expect(routeNames(world)).toEqual(['x', 'y']);
  });

  test('starts with an empty configuration when nobody has made one', async () => {
    const world = setUp();
    await started(world);
    expect(world.gateway.running).toMatchObject({ revision: 0, routes: [] });
  });

  test('takes a burst of revisions together, and keeps what did not change', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x'), y: routeDocument('y') });
    await started(world);
    const [, y] = world.gateway.running?.routes ?? [];
    const attempts = world.gateway.attempts;
    for (let index = 0; index < 50; index++) world.feed.change({ x: routeDocument('x', { path: `/${index}` }) });
    await world.clock.advance(0);
    expect(world.gateway.running?.revision).toBe(51);
    expect(world.gateway.attempts - attempts).toBeLessThan(4);
    expect(world.gateway.running?.routes[1]).toBe(y);
  });

  test('relabels when the content stays: the same objects under a new number', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    const [before] = world.gateway.running?.routes ?? [];
    world.feed.change({ x: routeDocument('x') });
    await world.clock.advance(0);
    expect(world.gateway.running?.revision).toBe(2);
    expect(world.gateway.running?.routes[0]).toBe(before);
  });

  test('reports every 2 s, and a revision at once', async () => {
    const world = setUp();
    await started(world);
    await world.clock.advance(50);
    const before = world.reports.length;
    world.feed.change({ x: routeDocument('x') });
    await world.clock.advance(0);
    expect(world.reports.slice(before)).toMatchObject([
      { revision: 1, lineage: 'first', source: 'control', routes: [] },
    ]);
    expect(world.registry.converged(1, 'first')).toBe(true);
    const count = world.reports.length;
    await world.clock.advance(20_000);
    expect(world.reports.length - count).toBe(10);
    const sequences = world.reports.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(new Set(world.reports.map(({ instanceId }) => instanceId)).size).toBe(1);
  });

  test('a burst of revisions is not a burst of reports', async () => {
    const world = setUp();
    await started(world);
    await world.clock.advance(100);
    const before = world.reports.length;
    for (let index = 0; index < 40; index++) {
      world.feed.change({ x: routeDocument('x', { path: `/${index}` }) });
      await world.clock.advance(1);
    }
    await world.clock.advance(25);
    expect(world.gateway.running?.revision).toBe(40);
    expect(world.reports.length - before).toBeLessThan(6);
    expect(world.reports.at(-1)?.revision).toBe(40);
  });

  test('statistics that did not arrive come again, those of removed routes do not', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x'), y: routeDocument('y') });
    await started(world);
    const counted = (routeId: string, requests: number) => ({ routeId, requests, failures: 0, p50: 1, p95: 1, p99: 1 });
    world.cut.failure = away;
    world.gateway.status = { ...world.gateway.status, routes: [counted('x', 5), counted('y', 6)] };
    await world.clock.advance(4_000);
    world.cut.failure = undefined;
    world.gateway.status = { ...world.gateway.status, routes: [] };
    await world.clock.advance(4_000);
    expect(world.registry.statistics('x')?.requests).toBe(5);
    world.feed.change({ x: undefined });
    await world.clock.advance(2_000);
    expect(world.reports.at(-1)?.routes).toEqual([counted('y', 6)]);
  });

  test('carries a command out once, by whatever ways it comes, and survives one that fails', async () => {
    const commands = [
      { id: 'c1', kind: 'checkHealth' as const, backendIds: ['x'] },
      { id: 'c2', kind: 'checkHealth' as const },
    ];
    let asked = 0;
    const world = setUp({
      control: {
        changes: ({ signal }) => {
          if (++asked <= 3) return Promise.resolve({ ...nothing, whole: true, commands });
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(away)));
        },
        report: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      checkHealth: (ids) => {
        world.gateway.checked.push(ids);
        if (ids === undefined) throw new Error('no checks now');
      },
    });
    await started(world);
    await world.clock.advance(1_000);
    expect(asked).toBe(4);
    expect(world.gateway.checked).toEqual([['x'], undefined]);
    expect(world.said('no checks now')).toHaveLength(1);
  });
});

describe('an agent of a version that does not accept all of a revision', () => {
  const reason = expect.stringMatching(/^this version of Sluice does not accept it: fromTheFuture: unknown/) as string;
  const problem = expect.stringMatching(/^out of service: route y: .*fromTheFuture/) as string;

  test('runs the rest, refuses the requests of the route, and says why until it is right', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x', { uses: ['s'] }) }, { s: backendDocument('s') });
    await started(world);
    const [before] = world.gateway.running?.routes ?? [];
    const y = routeDocument('y', { path: '/y/**', more: { methods: ['GET'], fromTheFuture: true } });
    world.feed.change({ y, z: routeDocument('z') });
    await world.clock.advance(100);
    expect(routeNames(world)).toEqual(['x', 'y', 'z']);
    expect(world.gateway.running?.routes[0]).toBe(before);
    // It takes its requests, and there is nobody to send them to.
    expect(world.gateway.running?.routes[1]).toMatchObject({
      pathPattern: '/y/**',
      methods: ['GET'],
      backends: [{ isEnabled: false }],
    });
    expect(world.agent.status()).toMatchObject({ revision: 2, refused: undefined });
    expect(world.registry.converged(2)).toBe(true);
    expect(world.registry.nodes(2)).toMatchObject([
      { faults: [{ routeId: 'y', isCandidate: false, reason }], problems: [problem] },
    ]);
    expect(world.said('parts of a revision are out of service')).toHaveLength(1);
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(100);
    expect(world.gateway.running?.routes[1]).toMatchObject({ backends: [{ name: 'own', isEnabled: true }] });
    expect(world.registry.nodes(3)).toMatchObject([{ problems: [] }]);
    expect(world.registry.nodes(3)[0]).not.toHaveProperty('faults');
  });

  test.each([
    ['a backend', { backends: [{ name: 'a', url: 'http://127.0.0.1:9001', weight: 1e12 }, other()] }],
    ['a shared backend', { backends: [{ backendId: 's' }, other()] }],
  ])('%s gets no requests, the others of its route do', async (_what, more) => {
    const world = setUp();
    const [name] = _what === 'a backend' ? ['a'] : ['s'];
    world.feed.change({ y: routeDocument('y', { more }) }, { s: { ...backendDocument('s'), fromTheFuture: true } });
    await started(world);
    await world.clock.advance(100);
    expect(world.gateway.running?.routes[0]?.backends).toMatchObject([
      { name, isEnabled: false },
      { name: 'b', isEnabled: true },
    ]);
    expect(world.registry.nodes(1)).toMatchObject([{ faults: [{ routeId: 'y', backend: name, isCandidate: false }] }]);
  });

  test('a candidate does not run, the version beside it does', async () => {
    const world = setUp();
    const split = splitDocument(routeDocument('y', { more: { fromTheFuture: true } }));
    world.feed.change({ y: routeDocument('y', { more: { split } }) });
    await started(world);
    await world.clock.advance(100);
    expect(world.gateway.running?.routes[0]).not.toHaveProperty('split');
    expect(world.gateway.running?.routes[0]?.backends).toMatchObject([{ name: 'own', isEnabled: true }]);
    expect(world.registry.nodes(1)).toMatchObject([{ faults: [{ routeId: 'y', isCandidate: true }] }]);
  });

  test('a route is left out when it is not clear which requests are its own', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x'), y: routeDocument('y', { more: { methods: ['FROM THE FUTURE'] } }) });
    await started(world);
    await world.clock.advance(100);
    expect(routeNames(world)).toEqual(['x']);
    const leftOut = expect.stringMatching(/^left out: this version of Sluice does not accept it: methods/) as string;
    expect(world.registry.nodes(1)).toMatchObject([{ faults: [{ routeId: 'y', reason: leftOut }] }]);
  });

  test('an older version starts from what is on its disk, as far as it accepts it', async () => {
    const future = { x: routeDocument('x'), y: routeDocument('y', { more: { fromTheFuture: true } }) };
    const world = setUp({ snapshotFile });
    world.feed.change(future);
    await started(world);
    await world.agent.close();
    const alone = setUp({ snapshotFile });
    alone.cut.failure = away;
    await started(alone);
    expect(routeNames(alone)).toEqual(['x', 'y']);
    expect(alone.agent.status()).toMatchObject({ source: 'snapshot', revision: 1 });
  });
});

function other() {
  return { name: 'b', url: 'http://127.0.0.1:9002' };
}

describe('an agent whose gateway refuses a revision', () => {
  test('keeps the last good one, says so, does not insist, and takes the next', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.gateway.judge = ({ routes }) =>
      routes.some(({ name }) => name === 'bad') ? ['bad: no such certificate'] : [];
    world.feed.change({ bad: routeDocument('bad') });
    await world.clock.advance(25_000);
    expect(world.gateway.running?.revision).toBe(1);
    expect(world.gateway.attempts).toBe(2);
    expect(world.said('a revision was refused')).toHaveLength(1);
    const refused = { revision: 2, problems: ['bad: no such certificate'] };
    expect(world.registry.nodes(2)).toMatchObject([{ revision: 1, acknowledged: false, refused }]);
    expect(world.registry.converged(2)).toBe(false);
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(100);
    expect(world.gateway.attempts).toBe(3);
    expect(world.agent.status()).toMatchObject({ revision: 1, refused: { revision: 3 } });
    world.feed.change({ bad: undefined });
    await world.clock.advance(100);
    expect(world.agent.status()).toMatchObject({ revision: 4, refused: undefined });
    expect(routeNames(world)).toEqual(['x', 'y']);
    expect(world.registry.nodes(4)[0]).not.toHaveProperty('refused');
  });

  test('tries again after a while: what was missing on the node may be there now', async () => {
    const world = setUp();
    await started(world);
    let isMissing = true;
    world.gateway.judge = () => {
      if (isMissing) throw new Error('the workers do not answer');
      return [];
    };
    world.feed.change({ x: routeDocument('x') });
    await world.clock.advance(1_000);
    expect(world.agent.status().refused).toEqual({ revision: 1, problems: ['the workers do not answer'] });
    isMissing = false;
    await world.clock.advance(50_000);
    expect(world.agent.status()).toMatchObject({ revision: 1, refused: undefined });
  });

  test('does not put on disk what was refused', async () => {
    const world = setUp({ snapshotFile });
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.gateway.judge = () => ['no'];
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(5_000);
    await world.agent.close();
    expect(await readSnapshot(snapshotFile, createLogger({ output: { write: () => undefined } }))).toMatchObject({
      revision: 1,
    });
  });
});

describe('an agent without control', () => {
  test('starts from its disk, says so, and goes on with control when it is back', async () => {
    await writeSnapshot(
      snapshotFile,
      { revision: 5, lineage: 'first', routes: [routeDocument('x')], backends: [] },
      'then',
    );
    const world = setUp({ snapshotFile });
    world.feed.store.revision = 4;
    world.feed.change({ x: routeDocument('x') });
    world.cut.failure = away;
    await started(world);
    expect(world.gateway.running).toMatchObject({ revision: 5, source: 'snapshot' });
    expect(world.said('serving the snapshot on disk')).toHaveLength(1);
    await world.clock.advance(60_000);
    expect(world.said('the control plane has not answered for 10 s')).toHaveLength(1);
    expect(world.agent.status()).toMatchObject({ source: 'snapshot', connected: false });
    world.cut.failure = undefined;
    await world.clock.advance(1_000);
    expect(world.said('the control plane is reachable again')).toHaveLength(1);
    expect(world.agent.status()).toMatchObject({ revision: 5, source: 'control', connected: true });
    expect(world.gateway.attempts).toBe(1);
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(0);
    expect(routeNames(world)).toEqual(['x', 'y']);
  });

  test('asks only for what changed since its snapshot', async () => {
    await writeSnapshot(
      snapshotFile,
      { revision: 1, lineage: 'first', routes: [routeDocument('x')], backends: [] },
      'then',
    );
    const world = setUp({ snapshotFile });
    world.feed.change({ x: routeDocument('x') });
    world.feed.change({ y: routeDocument('y') });
    const asked: unknown[] = [];
    const { changesSince } = world.feed;
    world.feed.changesSince = (since, lineage) => {
      asked.push([since, lineage]);
      return changesSince.call(world.feed, since, lineage);
    };
    await started(world);
    expect(asked).toEqual([[1, 'first']]);
    expect(world.gateway.applied).toMatchObject([{ revision: 2, source: 'control' }]);
    expect(routeNames(world)).toEqual(['x', 'y']);
  });

  test('does not wait for a control that does not answer', async () => {
    await writeSnapshot(snapshotFile, { revision: 5, lineage: 'first', routes: [], backends: [] }, 'then');
    const hung = (): Promise<NodeChanges> => new Promise(() => undefined);
    let asked = 0;
    const world = setUp({
      snapshotFile,
      control: {
        changes: ({ signal }) => {
          asked++;
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
        },
        report: () => hung().then(() => undefined),
        close: () => Promise.resolve(),
      },
    });
    const start = world.agent.start();
    await until(() => asked === 1);
    await world.clock.advance(2_999);
    expect(world.gateway.attempts).toBe(0);
    await world.clock.advance(1);
    await start;
    expect(world.gateway.running).toMatchObject({ revision: 5, source: 'snapshot' });
  });

  test('without a snapshot goes on trying, and closing ends that', async () => {
    const world = setUp({ snapshotFile });
    world.cut.failure = away;
    let isStarted = false;
    const start = world.agent.start().then(() => (isStarted = true));
    await until(() => world.cut.asked > 0);
    await world.clock.advance(60_000);
    expect(isStarted).toBe(false);
    expect(world.cut.asked).toBeGreaterThan(40);
    expect(world.cut.asked).toBeLessThan(200);
    expect(world.agent.status()).toMatchObject({ revision: 0, source: undefined });
    await Promise.all([world.agent.close(), world.agent.close()]);
    await start;
    const { asked } = world.cut;
    await world.clock.advance(60_000);
    expect(world.cut.asked).toBe(asked);
    expect(world.gateway.attempts).toBe(0);
  });

  test('whose snapshot cannot be used starts with control alone', async () => {
    await writeFile(snapshotFile, 'half a fi');
    const damaged = setUp({ snapshotFile });
    damaged.feed.change({ x: routeDocument('x') });
    await started(damaged);
    expect(damaged.said('the snapshot on disk is ignored')).toHaveLength(1);
    expect(routeNames(damaged)).toEqual(['x']);
  });

  test('falls back on its disk when the first configuration of control is refused', async () => {
    await writeSnapshot(
      snapshotFile,
      { revision: 1, lineage: 'first', routes: [routeDocument('x')], backends: [] },
      'then',
    );
    const world = setUp({ snapshotFile });
    world.feed.change({ x: routeDocument('x') });
    world.feed.change({ bad: routeDocument('bad') });
    world.gateway.judge = ({ routes }) => (routes.length > 1 ? ['no'] : []);
    await started(world);
    expect(world.gateway.running).toMatchObject({ revision: 1, source: 'snapshot' });
    expect(world.agent.status()).toMatchObject({ refused: { revision: 2 } });
    world.feed.change({ bad: undefined });
    await world.clock.advance(100);
    expect(world.agent.status()).toMatchObject({ revision: 3, source: 'control', refused: undefined });
  });

  test('that is refused says so loudly once, serves on, and is in no hurry', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.cut.failure = new ControlError('unauthorized', 'control:5000 answered 401');
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(0);
    const { asked } = world.cut;
    await world.clock.advance(120_000);
    expect(world.cut.asked - asked).toBeLessThan(20);
    expect(world.said('the control plane refuses this node')).toHaveLength(1);
    expect(world.said('the control plane refuses this node')[0]).toContain('"level":"error"');
    world.cut.failure = undefined;
    world.feed.change({ z: routeDocument('z') });
    await world.clock.advance(10_000);
    expect(routeNames(world)).toEqual(['x', 'y', 'z']);
    expect(world.said('the control plane accepts this node again')).toHaveLength(1);
  });

  test('that hears nonsense says so once and serves on', async () => {
    const world = setUp();
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.cut.failure = new ControlError('garbage', 'control answered something that is no JSON');
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(60_000);
    expect(
      world.said('the control plane sent an invalid answer').filter((line) => line.includes('"errand":"changes"')),
    ).toHaveLength(1);
    expect(world.cut.asked).toBeLessThan(30);
    world.cut.failure = undefined;
    await world.clock.advance(5_000);
    expect(routeNames(world)).toEqual(['x', 'y']);
  });

  test('hears of a revision on the bus while it waits to try again', async () => {
    const bus = createProcessBus();
    const world = setUp({ bus });
    await started(world);
    world.cut.failure = new ControlError('unauthorized', 'no');
    world.feed.change({ x: routeDocument('x') });
    await world.clock.advance(100);
    world.cut.failure = undefined;
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(100);
    expect(world.gateway.running?.revision).not.toBe(2);
    bus.publish('revision', { revision: 2 });
    await world.clock.advance(0);
    expect(world.gateway.running?.revision).toBe(2);
  });

  test('hears of a revision on the bus when its question hangs on a dead connection', async () => {
    const bus = createProcessBus();
    let asked = 0;
    const world = setUp({
      bus,
      control: {
        changes: ({ signal }) => {
          asked++;
          if (asked === 1) return Promise.resolve({ ...nothing, whole: true });
          if (asked !== 3)
            return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
          return Promise.resolve({ ...nothing, revision: asked, routes: [routeDocument('x')] });
        },
        report: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    });
    await started(world);
    await world.clock.advance(1_000);
    expect(asked).toBe(2);
    bus.publish('revision', { revision: 3 });
    await world.clock.advance(99);
    expect(asked).toBe(2);
    const applied = world.gateway.applied.length;
    await world.clock.advance(1);
    expect(world.gateway.applied.length).toBeGreaterThan(applied);
    await world.agent.close();
  });

  test('is not kept busy by a control that answers early with nothing', async () => {
    let asked = 0;
    const world = setUp({
      control: {
        changes: () => Promise.resolve({ ...nothing, whole: ++asked === 1 }),
        report: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    });
    await started(world);
    await world.clock.advance(10_000);
    expect(asked).toBeLessThan(40);
  });
});

describe('an agent and the history of control', () => {
  test('never goes back to an older revision of the same history', async () => {
    const answers = [
      { ...nothing, revision: 5, whole: true, routes: [routeDocument('x')] },
      { ...nothing, revision: 4, whole: true, routes: [routeDocument('old')] },
      { ...nothing, revision: 4, routes: [routeDocument('old')] },
      { ...nothing, revision: 6, routes: [routeDocument('y')] },
    ];
    const world = setUp({
      control: {
        changes: ({ signal }) => {
          const answer = answers.shift();
          return answer === undefined
            ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(away)))
            : Promise.resolve(answer);
        },
        report: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    });
    await started(world);
    await world.clock.advance(5_000);
    expect(world.gateway.applied.map(({ revision }) => revision)).toEqual([5, 6]);
    expect(routeNames(world)).toEqual(['x', 'y']);
  });

  test('takes over another one as a whole, also with a lower number, and says so', async () => {
    const world = setUp();
    for (const name of ['x', 'y', 'z']) world.feed.change({ [name]: routeDocument(name) });
    await started(world);
    const [x] = world.gateway.running?.routes ?? [];
    const routes = new Map([['x', routeDocument('x')]]);
    Object.assign(world.feed.store, { lineage: 'restored', revision: 1, revisionAt: muchLater, routes });
    await world.clock.advance(1_000);
    expect(world.gateway.running).toMatchObject({ revision: 1, lineage: 'restored' });
    expect(world.gateway.running?.routes).toEqual([x]);
    expect(world.gateway.running?.routes[0]).toBe(x);
    expect(world.said('another history')).toHaveLength(1);
    expect(world.registry.converged(1, 'restored')).toBe(true);
  });

  test('does not take a difference of another one', async () => {
    let asked = 0;
    const world = setUp({
      control: {
        changes: () =>
          Promise.resolve(++asked === 1 ? { ...nothing, whole: true } : { ...nothing, lineage: 'other', revision: 7 }),
        report: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    });
    await started(world);
    await world.clock.advance(1_000);
    expect(world.gateway.running).toMatchObject({ revision: 0, lineage: 'first' });
    expect(world.said('difference of another history')).toHaveLength(1);
  });

  describe('with a snapshot on disk that is ahead of the store', () => {
    const ahead = { revision: 999, lineage: 'first', routes: [routeDocument('x')], backends: [] };

    test('runs what control has, and replaces the file', async () => {
      await writeSnapshot(snapshotFile, ahead, 'then');
      const world = setUp({ snapshotFile });
      world.feed.change({ y: routeDocument('y') });
      await started(world);
      expect(world.gateway.running).toMatchObject({ revision: 1, source: 'control' });
      expect(world.said('ahead of the store')).toHaveLength(1);
      expect(routeNames(world)).toEqual(['y']);
      await until(async () => (await readFile(snapshotFile, 'utf8')).includes('"revision":1,'));
      world.feed.change({ z: routeDocument('z') });
      await world.clock.advance(0);
      expect(world.gateway.running?.revision).toBe(2);
    });

    test('replaces it also when control was away at the start', async () => {
      await writeSnapshot(snapshotFile, ahead, 'then');
      const world = setUp({ snapshotFile });
      world.feed.change({ y: routeDocument('y') });
      world.cut.failure = away;
      await started(world);
      expect(world.gateway.running).toMatchObject({ revision: 999, source: 'snapshot' });
      world.cut.failure = undefined;
      await world.clock.advance(30_000);
      expect(world.gateway.running).toMatchObject({ revision: 1, source: 'control' });
    });
  });
});

describe('an agent whose control lost its store', () => {
  const lose = (store: SharedStore): void =>
    void Object.assign(store, { lineage: 'new', revision: 0, revisionAt: undefined, routes: new Map() });

  async function running(options: Partial<NodeAgentOptions> = {}) {
    const world = setUp(options);
    for (const name of ['x', 'y', 'z']) world.feed.change({ [name]: routeDocument(name) });
    await started(world);
    return world;
  }

  test('keeps what it runs, and shows it, until somebody changes the new one', async () => {
    const world = await running();
    const { store } = world.feed;
    lose(store);
    await world.clock.advance(60_000);
    expect(routeNames(world)).toEqual(['x', 'y', 'z']);
    expect(world.agent.status()).toMatchObject({ revision: 3, withheld: true, connected: true });
    expect(world.said('empty or older than the configuration of this node')).toHaveLength(1);
    expect(world.said('a node keeps its configuration')).toHaveLength(1);
    const [seen] = world.registry.nodes(0, 'new');
    expect(seen).toMatchObject({ acknowledged: false, withheld: true });
    expect(seen?.problems).toEqual([expect.stringContaining('keeps its last good configuration')]);
    expect(world.cut.asked).toBeLessThan(10);
    world.feed.change({ n: routeDocument('n') });
    await world.clock.advance(1_000);
    expect(routeNames(world)).toEqual(['n']);
    expect(world.agent.status()).toMatchObject({ revision: 1, lineage: 'new', withheld: false });
    expect(world.registry.nodes(1, 'new')).toMatchObject([{ acknowledged: true, problems: [] }]);
  });

  test('gives it up when somebody confirms that the store is right as it is', async () => {
    const world = await running();
    lose(world.feed.store);
    await world.clock.advance(1_000);
    expect(world.agent.status().withheld).toBe(true);
    world.feed.store.revisionAt = muchLater;
    await world.clock.advance(1_000);
    expect(routeNames(world)).toEqual([]);
    expect(world.agent.status()).toMatchObject({ revision: 0, lineage: 'new', withheld: false });
  });

  test('serves its snapshot after a restart, and keeps the file', async () => {
    const first = await running({ snapshotFile });
    await first.agent.close();
    const world = setUp({ snapshotFile });
    lose(world.feed.store);
    await started(world);
    await world.clock.advance(1_000);
    expect(routeNames(world)).toEqual(['x', 'y', 'z']);
    expect(world.agent.status()).toMatchObject({ source: 'snapshot', withheld: true });
    expect(world.registry.nodes(0, 'new')[0]?.problems).toEqual([expect.stringContaining('keeps its last good')]);
    expect(await readFile(snapshotFile, 'utf8')).toContain('"revision":3,"lineage":"first"');
  });

  test('a node that has nothing yet takes the empty one, and is of use', async () => {
    const world = setUp();
    lose(world.feed.store);
    await started(world);
    expect(world.gateway.running).toMatchObject({ revision: 0, lineage: 'new', source: 'control' });
    expect(world.agent.status().withheld).toBe(false);
  });

  test('keeps what it runs, too, when the store is back as it was earlier, until it is as it should be', async () => {
    const world = await running();
    const { store } = world.feed;
    const { revision, revisionAt, routes } = store;
    const earlier = {
      revision: 1,
      revisionAt: '2026-01-01T00:00:00.010Z',
      routes: new Map([['x', routeDocument('x')]]),
    };
    Object.assign(store, earlier);
    await world.clock.advance(1_000);
    expect(world.agent.status()).toMatchObject({ revision: 3, withheld: true });
    Object.assign(store, { revision, revisionAt, routes });
    await world.clock.advance(1_000);
    expect(world.agent.status()).toMatchObject({ revision: 3, withheld: false });
    expect(world.gateway.applied).toHaveLength(1);
    Object.assign(store, earlier);
    await world.clock.advance(1_000);
    expect(world.agent.status().withheld).toBe(true);
    // Another revision 3 than the one before: never taken for the one that runs.
    for (const name of ['p', 'q']) world.feed.change({ [name]: routeDocument(name) });
    expect(world.feed.revision).toBe(3);
    await world.clock.advance(1_000);
    expect(routeNames(world)).toEqual(['p', 'q', 'x']);
  });
});

describe('an agent that ends', () => {
  test('writes the snapshot that is due, and applies nothing any more', async () => {
    const world = setUp({ snapshotFile });
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    await world.clock.advance(10);
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(10);
    await Promise.all([world.agent.close(), world.agent.close()]);
    expect(JSON.parse(await readFile(snapshotFile, 'utf8'))).toMatchObject({ revision: 2, lineage: 'first' });
    world.feed.change({ z: routeDocument('z') });
    await world.clock.advance(30_000);
    expect(world.gateway.running?.revision).toBe(2);
    expect(world.agent.start()).toBeInstanceOf(Promise);
    const count = world.reports.length;
    world.agent.report();
    await world.clock.advance(30_000);
    expect(world.reports).toHaveLength(count);
  });

  test('with a file of its own only reports', async () => {
    const world = setUp({ ownRevision: () => 12 });
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.gateway.status = { ...world.gateway.status, state: 'draining' };
    world.agent.report();
    await world.clock.advance(100);
    expect(world.registry.nodes(1)).toMatchObject([
      { revision: 12, source: 'file', state: 'draining', acknowledged: false },
    ]);
    expect(world.cut.asked).toBe(0);
    expect(world.gateway.attempts).toBe(0);
  });

  test('with a file of its own it follows control when it is told to, and says nothing else before it runs that', async () => {
    const world = setUp({ ownRevision: () => 1 });
    world.feed.change({ x: routeDocument('x') });
    await started(world);
    world.agent.follow();
    expect(world.agent.status()).toMatchObject({ revision: 1, source: 'file' });
    await vi.waitFor(() => expect(world.agent.status()).toMatchObject({ revision: 1, source: 'control' }));
    expect(world.gateway.running?.routes.map(({ name }) => name)).toEqual(['x']);
    world.feed.change({ y: routeDocument('y') });
    await world.clock.advance(100);
    expect(world.agent.status()).toMatchObject({ revision: 2, source: 'control' });
    world.agent.follow();
    expect(world.gateway.attempts).toBe(2);
  });
});
