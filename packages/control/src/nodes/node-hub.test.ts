import { createLogger } from '@sluice/service';
import { describe, expect, test } from 'vitest';
import { createProcessBus } from '../bus/process-bus.ts';
import type { Bus } from '../bus/bus.ts';
import type { ChangesRequest, NodeChanges, NodeCommand } from '@sluice/model';
import { createManualClock } from '@sluice/service/testing';
import { createNodeHub } from './node-hub.ts';
import { MemoryFeed } from './testing/memory-feed.ts';
import type { SharedStore } from './testing/memory-feed.ts';
import { routeDocument } from './testing/documents.ts';

function setUp({
  store,
  bus = createProcessBus(),
  clock = createManualClock(),
  onCommand,
}: {
  store?: SharedStore;
  bus?: Bus;
  clock?: ReturnType<typeof createManualClock>;
  onCommand?: (command: NodeCommand) => void;
} = {}) {
  const lines: string[] = [];
  const feed = new MemoryFeed(store);
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  const hub = createNodeHub({ configuration: feed, bus, onCommand, clock, log });
  const ask = (request: Partial<ChangesRequest> = {}) => {
    const asked = { nodeId: 'a', since: feed.revision, lineage: feed.lineage, waitMs: 20_000, ...request };
    const state = { changes: undefined as NodeChanges | undefined };
    void hub.changes(asked).then((changes) => (state.changes = changes));
    return state;
  };
  return { clock, bus, feed, hub, ask, lines };
}

const names = (changes: NodeChanges | undefined): unknown[] | undefined => changes?.routes.map(({ name }) => name);

describe('a hub', () => {
  test('gives everything to a node that has nothing, also when there is nothing', async () => {
    const { clock, feed, ask } = setUp();
    const empty = ask({ since: 0, lineage: undefined });
    await clock.advance(0);
    expect(empty.changes).toMatchObject({ revision: 0, whole: true, routes: [] });
    feed.change({ x: routeDocument('x') });
    const first = ask({ since: 0, lineage: undefined, waitMs: 0 });
    await clock.advance(0);
    expect(first.changes).toMatchObject({ revision: 1, lineage: 'first', whole: true });
    expect(names(first.changes)).toEqual(['x']);
  });

  test('answers with nothing when the wait is over, and not before', async () => {
    const { clock, ask } = setUp();
    const asked = ask();
    await clock.advance(19_999);
    expect(asked.changes).toBeUndefined();
    await clock.advance(1);
    expect(asked.changes).toMatchObject({ revision: 0, whole: false, routes: [], commands: [] });
  });

  test('answers a waiting node at once when there is a revision, with the whole way of a burst', async () => {
    const { clock, feed, ask } = setUp();
    const asked = ask();
    feed.change({ x: routeDocument('x'), y: routeDocument('y') });
    await clock.advance(0);
    expect(asked.changes).toMatchObject({ revision: 1 });
    for (let index = 0; index < 20; index++) feed.change({ x: routeDocument('x', { path: `/x${index}` }) });
    feed.change({ y: undefined });
    const later = ask({ since: 1 });
    await clock.advance(0);
    expect(later.changes).toMatchObject({ revision: 22, whole: false, removedRoutes: ['y'] });
    expect(later.changes?.routes).toEqual([routeDocument('x', { path: '/x19' })]);
  });

  test('loses no revision that comes while a question arrives', async () => {
    const { clock, feed, ask } = setUp();
    for (let index = 0; index < 200; index++) {
      const since = feed.revision;
      const before = ask({ since });
      feed.change({ x: routeDocument('x', { path: `/${index}` }) });
      const after = ask({ since });
      await clock.advance(0);
      expect([before.changes?.revision, after.changes?.revision]).toEqual([since + 1, since + 1]);
    }
  });

  test('finds revisions of other processes without a word from them, but asks the store only while somebody waits', async () => {
    const one = setUp();
    const two = setUp({ store: one.feed.store });
    await two.clock.advance(10_000);
    expect(two.feed.refreshes).toBe(0);
    const asked = two.ask();
    await two.clock.advance(0);
    one.feed.change({ x: routeDocument('x') });
    await two.clock.advance(499);
    expect(asked.changes).toBeUndefined();
    await two.clock.advance(1);
    expect(names(asked.changes)).toEqual(['x']);
    const refreshes = two.feed.refreshes;
    await two.clock.advance(10_000);
    expect(two.feed.refreshes).toBe(refreshes);
  });

  test('hears of revisions of other processes on the bus, without waiting for its next look', async () => {
    const bus = createProcessBus();
    const one = setUp({ bus });
    const two = setUp({ bus, store: one.feed.store });
    const asked = two.ask();
    await two.clock.advance(100);
    one.feed.change({ x: routeDocument('x') });
    await two.clock.advance(0);
    expect(names(asked.changes)).toEqual(['x']);
  });

  test('serves what it has while the store is away, and says once that it is', async () => {
    const { clock, feed, ask, lines } = setUp();
    feed.change({ x: routeDocument('x') });
    feed.store.isDown = true;
    const behind = ask({ since: 0 });
    const waiting = ask();
    await clock.advance(5_000);
    expect(names(behind.changes)).toEqual(['x']);
    expect(waiting.changes).toBeUndefined();
    expect(lines).toHaveLength(1);
    feed.store.isDown = false;
    feed.store.change({ routes: { y: routeDocument('y') }, backends: {} });
    await clock.advance(500);
    expect(names(waiting.changes)).toEqual(['y']);
    expect(lines).toHaveLength(2);
  });

  test('gives everything to a node of another history, once the store has confirmed its own', async () => {
    const { clock, feed, ask } = setUp();
    feed.change({ x: routeDocument('x') });
    feed.store.isDown = true;
    const asked = ask({ since: 9, lineage: 'other', waitMs: 0 });
    await clock.advance(1_000);
    expect(asked.changes).toBeUndefined();
    feed.store.isDown = false;
    await clock.advance(500);
    expect(asked.changes).toMatchObject({ revision: 1, lineage: 'first', whole: true });
  });

  test('that has not seen a restore yet does not take a node back to before it', async () => {
    const { clock, feed, ask } = setUp();
    feed.change({ x: routeDocument('x') });
    Object.assign(feed.store, { lineage: 'restored', revision: 5, routes: new Map([['y', routeDocument('y')]]) });
    const asked = ask({ since: 5, lineage: 'restored' });
    await clock.advance(1_000);
    expect(asked.changes).toBeUndefined();
    expect(feed.lineage).toBe('restored');
  });

  test('looks at the store before it tells a node that asks for the first time that it is ahead', async () => {
    const { clock, feed, ask } = setUp();
    feed.change({ x: routeDocument('x') });
    feed.store.revision = 2;
    const asked = ask({ since: 2, waitMs: 0 });
    await clock.advance(0);
    expect(asked.changes).toMatchObject({ revision: 2, routes: [] });
    const ahead = ask({ since: 3, revisionAt: '2026-01-01T00:00:00.015Z', waitMs: 0 });
    await clock.advance(0);
    expect(ahead.changes).toMatchObject({ revision: 2, withheld: true, routes: [] });
  });

  test('tells a node that is ahead once that it keeps what it has, and what there is when that is changed', async () => {
    const { clock, feed, ask, lines } = setUp();
    feed.change({ x: routeDocument('x') });
    const ahead = { since: 2, revisionAt: '2026-01-01T00:00:00.015Z' };
    const asked = ask(ahead);
    await clock.advance(0);
    expect(asked.changes).toMatchObject({ withheld: true, whole: false, routes: [] });
    expect(lines).toEqual([expect.stringContaining('a node keeps its configuration')]);
    const told = ask({ ...ahead, withheld: true });
    await clock.advance(19_000);
    expect(told.changes).toBeUndefined();
    feed.change({ y: routeDocument('y') });
    await clock.advance(0);
    expect(told.changes).toMatchObject({ revision: 2, whole: true });
    expect(names(told.changes)).toEqual(['x', 'y']);
  });

  test('passes a command to each node once, by every process, also between two questions', async () => {
    const bus = createProcessBus();
    const one = setUp({ bus });
    const two = setUp({ bus, store: one.feed.store });
    const waiting = two.ask({ nodeId: 'a' });
    const command = { id: 'c1', kind: 'checkHealth' as const, backendIds: ['x'] };
    one.hub.command(command);
    await two.clock.advance(0);
    expect(waiting.changes).toMatchObject({ revision: 0, commands: [command] });
    const late = two.ask({ nodeId: 'b' });
    const again = two.ask({ nodeId: 'a' });
    await two.clock.advance(0);
    expect(late.changes?.commands).toEqual([command]);
    expect(again.changes).toBeUndefined();
    await two.clock.advance(31_000);
    const tooLate = two.ask({ nodeId: 'c', waitMs: 0 });
    await two.clock.advance(0);
    expect(tooLate.changes?.commands).toEqual([]);
  });

  test('hands each command once to every process, the one that it comes from included', async () => {
    const bus = createProcessBus();
    const heard: string[] = [];
    const one = setUp({ bus, onCommand: ({ id }) => void heard.push(`one ${id}`) });
    setUp({ bus, store: one.feed.store, onCommand: ({ id }) => void heard.push(`two ${id}`) });
    one.hub.command({ id: 'c1', kind: 'logLevel', level: 'debug' });
    await one.clock.advance(0);
    expect(heard.toSorted()).toEqual(['one c1', 'two c1']);
  });

  test('lets go of a question that is given up', async () => {
    const { clock, feed, hub, ask } = setUp();
    const gone = new AbortController();
    const asked = ask({ signal: gone.signal });
    await clock.advance(0);
    gone.abort();
    await clock.advance(0);
    expect(asked.changes).toMatchObject({ routes: [] });
    const already = ask({ signal: gone.signal });
    await clock.advance(0);
    expect(already.changes).toMatchObject({ routes: [] });
    const { refreshes } = feed;
    await clock.advance(5_000);
    expect(feed.refreshes).toBe(refreshes);
    hub.close();
  });

  test('answers all who wait when it closes, and whoever asks later', async () => {
    const { clock, hub, ask } = setUp();
    const asked = [ask(), ask({ nodeId: 'b' })];
    hub.close();
    hub.close();
    asked.push(ask());
    await clock.advance(0);
    for (const { changes } of asked) expect(changes).toMatchObject({ routes: [] });
  });
});
