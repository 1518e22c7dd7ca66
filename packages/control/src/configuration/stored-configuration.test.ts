import type { RouteDocument, Unchecked } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStore, defineCollection, StoreUnavailableError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import type { Dumped } from '../store/store.ts';
import { backends, head, revisionChanges, revisions, routes } from './collections.ts';
import type { Configuration } from './configuration.ts';
import type { ChangeContext } from './entities.ts';
import { ConfigurationConflictError, NotFoundError, StaleError, ValidationError } from './errors.ts';
import { createModelReader } from './model-reader.ts';
import { pruneHistory } from './prune-history.ts';
import { openConfiguration } from './stored-configuration.ts';

const notes = defineCollection<{ text: string }>('notes', {});
const by: ChangeContext = { author: { kind: 'user', name: 'ada' } };

let store: Store;
let now = 0;
let configuration: Configuration;

/** A control process of its own on the same store. */
async function open(): Promise<Configuration> {
  const opened: Configuration = await openConfiguration({
    store,
    reader: createModelReader({ listeners: [], backendIds: () => [] }),
    clock: () => (now += 1000),
    newLineage: () => `lineage-${(now += 1)}`,
    gate: async () => [],
  });
  return opened;
}

function route(name: string, rest: object = {}): Unchecked<RouteDocument> {
  return { name, pathPattern: `/${name}/**`, backends: [{ name: 'a', url: 'http://10.0.0.1:80' }], ...rest };
}

beforeEach(async () => {
  store = createMemoryStore([routes, backends, revisions, revisionChanges, head, notes]);
  now = Date.UTC(2026, 0, 1);
  configuration = await open();
});

describe('routes', () => {
  test('a new route gets its defaults, an id and a revision', async () => {
    const outcome = await configuration.createRoute(route('checkout'), by);
    expect(outcome).toMatchObject({ revision: 1, changed: true, problems: [] });
    const entity = configuration.route('checkout')!;
    expect(entity).toMatchObject({ id: 'checkout', revision: 1, createdAt: entity.updatedAt });
    expect(entity.document).toMatchObject({ routeId: 'checkout', strategy: 'RoundRobin', timeoutSeconds: 30 });
    expect(entity.document['backends']).toMatchObject([{ name: 'a', weight: 100, timeouts: { connectTimeout: '5s' } }]);
  });

  test('what is wrong is said with its path, and nothing is kept', async () => {
    const wrong = configuration.createRoute(route('x', { priority: 1000, colour: 'red' }), by);
    await expect(wrong).rejects.toThrow(ValidationError);
    await expect(wrong).rejects.toThrow(/priority.*at most 100/);
    await expect(wrong).rejects.toThrow(/colour: unknown field/);
    expect(configuration.revision).toBe(0);
    expect(await store.find(routes, { limit: 10 })).toMatchObject({ total: 0 });
  });

  test('a patch changes what it names, and null takes a field back to its default', async () => {
    await configuration.createRoute(route('checkout', { timeoutSeconds: 7, priority: 3 }), by);
    await configuration.updateRoute('checkout', { isEnabled: false, timeoutSeconds: null }, by);
    expect(configuration.route('checkout')!.document).toMatchObject({
      isEnabled: false,
      timeoutSeconds: 30,
      priority: 3,
    });
  });

  test('an id cannot be changed, a name can', async () => {
    await configuration.createRoute(route('checkout'), by);
    await configuration.updateRoute('checkout', { name: 'pay' }, by);
    expect(configuration.route('checkout')!.document).toMatchObject({ routeId: 'checkout', name: 'pay' });
    await expect(configuration.updateRoute('checkout', { routeId: 'pay' }, by)).rejects.toThrow(/routeId/);
    expect(configuration.routes()).toHaveLength(1);
  });

  test('a name or an id that is taken is a conflict', async () => {
    await configuration.createRoute(route('a'), by);
    await configuration.createRoute(route('b'), by);
    await expect(configuration.createRoute(route('a'), by)).rejects.toThrow(ConfigurationConflictError);
    await expect(configuration.updateRoute('b', { name: 'a' }, by)).rejects.toThrow(/route a has this name/);
    await expect(configuration.createRoute(route('a', { routeId: 'c' }), by)).rejects.toThrow(
      ConfigurationConflictError,
    );
  });

  test('equal content makes no revision', async () => {
    await configuration.createRoute(route('a'), by);
    const outcome = await configuration.updateRoute('a', { timeoutSeconds: 30, ...route('a') }, by);
    expect(outcome).toMatchObject({ changed: false, revision: 1, changes: [] });
    expect(await configuration.revisions({ limit: 10, offset: 0 })).toMatchObject({ total: 1 });
  });

  test('a stale If-Match is refused, a fresh one is not', async () => {
    await configuration.createRoute(route('a'), by);
    await configuration.updateRoute('a', { priority: 1 }, { ...by, ifMatch: 1 });
    await expect(configuration.updateRoute('a', { priority: 2 }, { ...by, ifMatch: 1 })).rejects.toThrow(StaleError);
    await expect(configuration.removeRoute('a', { ...by, ifMatch: 1 })).rejects.toThrow(StaleError);
    await configuration.removeRoute('a', { ...by, ifMatch: 2 });
    await expect(configuration.removeRoute('a', by)).rejects.toThrow(NotFoundError);
  });

  test('a dry run tells the difference and the problems, and changes nothing', async () => {
    await configuration.createRoute(route('a'), by);
    const dry: ChangeContext = { ...by, dryRun: true };
    const good = await configuration.updateRoute('a', { priority: 9 }, dry);
    expect(good).toMatchObject({ changed: true, revision: 1, changes: [{ entityId: 'a', after: { priority: 9 } }] });
    const bad = await configuration.updateRoute('a', { priority: 900 }, dry);
    expect(bad).toMatchObject({ changed: false, problems: [{ path: ['priority'] }] });
    expect(configuration.route('a')!.document['priority']).toBe(0);
    expect(configuration.revision).toBe(1);
  });
});

describe('backends', () => {
  test('those of a route are listed, read and changed by themselves', async () => {
    await configuration.createRoute(route('a'), by);
    expect(configuration.backend('a~a')).toMatchObject({ id: 'a~a', routeId: 'a', revision: 1 });
    await configuration.updateBackend('a~a', { weight: 5 }, { ...by, ifMatch: 1 });
    expect(configuration.route('a')!.document['backends']).toMatchObject([{ name: 'a', weight: 5 }]);
    await configuration.createBackend({ name: 'b', url: 'http://10.0.0.2:80' }, { ...by, routeId: 'a' });
    expect(configuration.backends({ offset: 0, limit: 10 })).toMatchObject({ total: 2 });
    await configuration.removeBackend('a~a', by);
    await expect(configuration.removeBackend('a~b', by)).rejects.toThrow(/the only one/);
  });

  test('a problem in one is told as the caller sees it', async () => {
    await configuration.createRoute(route('a'), by);
    const outcome = await configuration.updateBackend('a~a', { weight: 101 }, { ...by, dryRun: true });
    expect(outcome.problems).toMatchObject([{ path: ['weight'] }]);
  });

  test('a shared one is used by several routes, which must stay right with it', async () => {
    await configuration.createBackend({ name: 'pool', url: 'http://10.0.0.9:80' }, by);
    await configuration.createRoute(route('a', { backends: [{ backendId: 'pool' }] }), by);
    await configuration.createRoute(
      route('b', { strategy: 'WeightedRoundRobin', backends: [{ backendId: 'pool' }] }),
      by,
    );
    expect(configuration.route('a')!.document['backends']).toEqual([{ backendId: 'pool' }]);
    await expect(configuration.updateBackend('pool', { weight: 0 }, by)).rejects.toThrow(/route b uses it.*weight/);
    await expect(configuration.removeBackend('pool', by)).rejects.toThrow(/used by routes a, b/);
    await configuration.removeRoute('a', by);
    await configuration.removeRoute('b', by);
    await configuration.removeBackend('pool', by);
    expect(configuration.backends({ offset: 0, limit: 10 }).total).toBe(0);
  });

  test('a page is found without looking at all of them', async () => {
    const many = (name: string) =>
      route(name, { backends: ['a', 'b', 'c'].map((id) => ({ name: id, url: `http://10.0.0.1:80/${id}` })) });
    await configuration.apply({ routes: [many('y'), many('x')], backends: [] }, { ...by, prune: false });
    const ids = (offset: number) => configuration.backends({ offset, limit: 2 }).items.map(({ id }) => id);
    expect([0, 2, 4, 6].map((offset) => ids(offset))).toEqual([['x~a', 'x~b'], ['x~c', 'y~a'], ['y~b', 'y~c'], []]);
    const matches = ({ id }: { id: string }): boolean => id.endsWith('b');
    expect(configuration.backends({ offset: 1, limit: 2, matches })).toMatchObject({
      total: 2,
      items: [{ id: 'y~b' }],
    });
  });
});

describe('import and export', () => {
  test('applying says every problem with its place in the whole', async () => {
    const whole = {
      backends: [{ name: 'p', url: 'ftp://x' }],
      routes: [
        route('a'),
        route('b', { backends: [] }),
        route('c', { backends: [{ backendId: 'nobody' }] }),
        route('a'),
      ],
    };
    const outcome = await configuration.apply(whole, { ...by, prune: true, dryRun: true });
    const paths = outcome.problems.map(({ path }) => path.join('.'));
    expect(paths.toSorted()).toEqual([
      'backends.0.url',
      'routes.1.backends',
      'routes.2.backends.0.backendId',
      'routes.3.name',
    ]);
  });

  test('what is not mentioned stays, unless pruning', async () => {
    await configuration.apply({ routes: [route('a'), route('b')], backends: [] }, { ...by, prune: false });
    await configuration.apply({ routes: [route('b', { priority: 4 })], backends: [] }, { ...by, prune: false });
    expect(configuration.routes().map(({ id }) => id)).toEqual(['a', 'b']);
    const { changes } = await configuration.apply({ routes: [route('b')], backends: [] }, { ...by, prune: true });
    expect(changes.map(({ entityId, after }) => [entityId, after !== undefined])).toEqual([
      ['b', true],
      ['a', false],
    ]);
  });

  test('names can be swapped in one change', async () => {
    const first = [route('a', { routeId: '1' }), route('b', { routeId: '2' })];
    await configuration.apply({ routes: first, backends: [] }, { ...by, prune: true });
    const swapped = [route('b', { routeId: '1' }), route('a', { routeId: '2' })];
    await configuration.apply({ routes: swapped, backends: [] }, { ...by, prune: true });
    expect(configuration.route('1')!.document['name']).toBe('b');
    await expect(configuration.createRoute(route('a', { routeId: '3' }), by)).rejects.toThrow(/route 2 has this name/);
  });

  test('an export applied to an empty store gives the same, and leaves defaults out', async () => {
    await configuration.createBackend({ name: 'pool', url: 'http://10.0.0.9:80' }, by);
    await configuration.createRoute(route('a', { backends: [{ backendId: 'pool' }], timeoutSeconds: 9 }), by);
    const exported = await configuration.export();
    expect(exported.backends).toEqual([{ name: 'pool', url: 'http://10.0.0.9:80' }]);
    expect(exported.routes[0]).toEqual({
      name: 'a',
      pathPattern: '/a/**',
      backends: [{ backendId: 'pool' }],
      timeoutSeconds: 9,
    });
    expect(await configuration.apply(exported, { ...by, prune: true })).toMatchObject({ changed: false });
  });

  test('what was checked as a whole is taken as it is, and is the same to who reads it again', async () => {
    const read = createModelReader({ listeners: [], backendIds: () => [] }).route(route('a'), () => undefined);
    const documents = read.ok ? [read.document] : [];
    const first = await configuration.apply(
      { routes: documents, backends: [] },
      { ...by, prune: true, isChecked: true },
    );
    expect(first).toMatchObject({ changed: true, revision: 1 });
    expect(await configuration.apply({ routes: [route('a')], backends: [] }, { ...by, prune: true })).toMatchObject({
      changed: false,
    });
  });

  test('what a file owns, only the file changes', async () => {
    configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
    await expect(configuration.createRoute(route('a'), by)).rejects.toThrow(/owned by sluice.yaml/);
    const file: ChangeContext = { author: { kind: 'file', name: 'sluice.yaml' } };
    await configuration.apply({ routes: [route('a')], backends: [] }, { ...file, prune: true });
    configuration.setOwner({ kind: 'api' });
    await configuration.updateRoute('a', { priority: 1 }, by);
  });
});

describe('history', () => {
  beforeEach(async () => {
    await configuration.createRoute(route('a'), { ...by, reason: 'launch' });
    await configuration.updateRoute('a', { priority: 1 }, by);
    await configuration.createRoute(route('b'), by);
    await configuration.removeRoute('a', by);
  });

  test('each change is a revision: who, when, why, what', async () => {
    const { items, total } = await configuration.revisions({ limit: 2, offset: 2 });
    expect(total).toBe(4);
    expect(items.map(({ number }) => number)).toEqual([2, 1]);
    expect(items[1]).toMatchObject({ author: { name: 'ada' }, reason: 'launch', summary: ['route a created'] });
    const read = await configuration.readRevision(2);
    expect(read.changes).toMatchObject([{ entityId: 'a', before: { priority: 0 }, after: { priority: 1 } }]);
    await expect(configuration.readRevision(9)).rejects.toThrow(NotFoundError);
  });

  test('any two can be compared, either way', async () => {
    expect(await configuration.difference(1, 4)).toMatchObject([{ entityId: 'a' }, { entityId: 'b' }]);
    const [back] = await configuration.difference(4, 1);
    expect(back).toMatchObject({ entityId: 'a', after: { priority: 0 } });
    expect(back).not.toHaveProperty('before');
    expect(await configuration.difference(0, 4)).toMatchObject([{ entityId: 'b' }]);
    expect(await configuration.difference(2, 2)).toEqual([]);
  });

  test('restoring makes a new revision with the old content', async () => {
    const { revision } = await configuration.restore(2, by);
    expect(revision).toBe(5);
    expect(configuration.routes().map(({ id }) => id)).toEqual(['a']);
    expect(configuration.route('a')!.document['priority']).toBe(1);
    expect((await configuration.readRevision(5)).revision).toMatchObject({
      restoredFrom: 2,
      reason: 'restored from revision 2',
    });
    expect(await configuration.restore(5, by)).toMatchObject({ changed: false });
  });

  test('old revisions are let go of; the others stay whole', async () => {
    const guard = () => [];
    expect(await pruneHistory(store, { current: 4, keep: 2, guard })).toBe(2);
    expect(await configuration.revisions({ limit: 10, offset: 0 })).toMatchObject({ total: 2 });
    await expect(configuration.restore(2, by)).rejects.toThrow(/no longer kept/);
    await configuration.restore(3, by);
    expect(configuration.routes().map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('several processes on one store', () => {
  test('each sees what the other stored, and their changes come one after the other', async () => {
    const other = await open();
    await configuration.createRoute(route('n', { priority: 0 }), by);
    const both = [configuration, other];
    await Promise.all(Array.from({ length: 20 }, (_, n) => both[n % 2].createRoute(route(`r${n}`), by)));
    await Promise.all(both.map((one) => one.refresh()));
    expect(other.revision).toBe(21);
    expect(configuration.routes()).toEqual(other.routes());
    const { items } = await other.revisions({ limit: 100, offset: 0 });
    expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 21 }, (_, n) => 21 - n));
  });

  test('of two that create the same route, one is told of the conflict', async () => {
    const other = await open();
    const results = await Promise.allSettled([
      configuration.createRoute(route('a'), by),
      other.createRoute(route('a', { priority: 2 }), by),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('of two with the same If-Match, one wins', async () => {
    const other = await open();
    await configuration.createRoute(route('a'), by);
    const results = await Promise.allSettled(
      [configuration, other].map((one, n) => one.updateRoute('a', { priority: n + 1 }, { ...by, ifMatch: 1 })),
    );
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused).toEqual([expect.any(StaleError)]);
  });

  test('what goes alongside is committed with the change, or not at all', async () => {
    const note = { kind: 'put', collection: notes, id: 'n', body: { text: 'x' }, expect: 'absent' } as const;
    await configuration.createRoute(route('a'), { ...by, alongside: () => [note] });
    await expect(configuration.createRoute(route('b'), { ...by, alongside: () => [note] })).rejects.toThrow(/notes/);
    expect(configuration.route('b')).toBeUndefined();
    expect(configuration.revision).toBe(1);
  });
});

describe('the way to the current revision', () => {
  test('holds what changed since, taken together', async () => {
    await configuration.createRoute(route('a'), by);
    await configuration.createRoute(route('b'), by);
    await configuration.updateRoute('a', { priority: 1 }, by);
    await configuration.removeRoute('b', by);
    const { lineage } = configuration;
    const changes = configuration.changesSince(1, lineage);
    expect(changes).toMatchObject({ revision: 4, whole: false, routes: [{ priority: 1 }], removedRoutes: ['b'] });
    expect(configuration.changesSince(4, lineage)).toMatchObject({ whole: false, routes: [], removedRoutes: [] });
  });

  test('is everything for who is of another lineage, ahead, or too far behind', async () => {
    await configuration.createRoute(route('a'), by);
    const { lineage } = configuration;
    for (const [revision, of] of [
      [1, 'other'],
      [7, lineage],
      [1, undefined],
    ] as const) {
      expect(configuration.changesSince(revision, of)).toMatchObject({ whole: true, routes: [{ name: 'a' }] });
    }
    const late = await open();
    expect(late.changesSince(0, lineage)).toMatchObject({ whole: true });
  });

  test('is everything for who has another revision by the same number: the store was taken back and changed since', async () => {
    await configuration.createRoute(route('a'), by);
    const backup: Dumped[] = [];
    for await (const document of store.dump()) backup.push(document);
    await configuration.createRoute(route('b'), by);
    await configuration.createRoute(route('c'), by);
    const { lineage, revisionAt: lost } = configuration;
    const late = await open();
    await store.load(
      (async function* () {
        yield* backup;
      })(),
    );
    const other = await open();
    for (const name of ['p', 'q', 'r']) await other.createRoute(route(name), by);
    for (const process of [configuration, late, other]) {
      await process.refresh();
      expect(process.routes().map(({ id }) => id)).toEqual(['a', 'p', 'q', 'r']);
      expect(process.changesSince(3, lineage, lost)).toMatchObject({ whole: true, revision: 4 });
    }
    expect(other.changesSince(2, lineage)).toMatchObject({ whole: false });
  });

  test('a confirmation reaches every process, makes no revision, and is later than all before', async () => {
    const other = await open();
    await configuration.createRoute(route('a'), by);
    const before = configuration.revisionAt!;
    expect(await configuration.confirm(() => [])).toBe(1);
    await other.refresh();
    expect(other.revisionAt! > before).toBe(true);
    expect([other.revision, other.revisionAt]).toEqual([1, configuration.revisionAt]);
    await other.createRoute(route('b'), by);
    expect(other.revisionAt! > configuration.revisionAt!).toBe(true);
    await configuration.refresh();
    expect(configuration.routes()).toHaveLength(2);
  });

  test('listeners hear of every revision, whoever made it', async () => {
    const other = await open();
    const heard: number[] = [];
    const stop = other.onRevision((revision) => heard.push(revision));
    await configuration.createRoute(route('a'), by);
    await other.refresh();
    await other.createRoute(route('b'), by);
    stop();
    await other.createRoute(route('c'), by);
    expect(heard).toEqual([1, 2]);
  });
});

describe('loading everything anew', () => {
  test('a store that fails midway leaves what was; the next look brings all of it', async () => {
    await configuration.createBackend({ name: 'shared', url: 'http://10.0.0.9:80' }, by);
    await configuration.createRoute(route('checkout'), by);
    const other = await open();
    const find = store.find.bind(store);
    store.find = async (collection, query) => {
      if (collection.name === routes.name) throw new StoreUnavailableError('away');
      return find(collection, query);
    };
    // As after a restore: another history, which a process has to read from the beginning.
    const stored = await store.get(head, 'head');
    const body = { revision: 2, lineage: 'restored' };
    await store.commit([{ kind: 'put', collection: head, id: 'head', body, expect: stored!.version }]);
    await expect(other.refresh()).rejects.toThrow(StoreUnavailableError);
    expect([other.routes().length, other.lineage]).toEqual([1, configuration.lineage]);
    store.find = find;
    await other.refresh();
    expect([other.routes().length, other.lineage]).toEqual([1, 'restored']);
  });
});
