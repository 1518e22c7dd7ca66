import type { RouteDocument, Unchecked } from '@sluice/model';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import type { ChangeGate } from './change-gate.ts';
import { backends, head, revisionChanges, revisions, routes } from './collections.ts';
import type { Configuration } from './configuration.ts';
import type { DocumentReader } from './document-reader.ts';
import type { ChangeContext, WholeConfiguration } from './entities.ts';
import { createModelReader } from './model-reader.ts';
import { openConfiguration } from './stored-configuration.ts';

const by: ChangeContext = { author: { kind: 'user', name: 'ada' } };
const names = ['a', 'b', 'c'];
const whole: WholeConfiguration = { routes: names.map((name) => route(name)), backends: [] };

let configuration: Configuration;
let gate: ChangeGate;
/** Called before each route is read. */
let onRead: (name: unknown) => void;

function route(name: string): Unchecked<RouteDocument> {
  return { name, pathPattern: `/${name}/**`, backends: [{ name: 'a', url: 'http://10.0.0.1:80' }] };
}

beforeEach(async () => {
  gate = async () => [];
  onRead = () => {};
  const model = createModelReader({ listeners: [], backendIds: () => [] });
  const reader: DocumentReader = {
    ...model,
    route(document, ...rest) {
      onRead(document['name']);
      return model.route(document, ...rest);
    },
  };
  configuration = await openConfiguration({
    store: createMemoryStore([routes, backends, revisions, revisionChanges, head]),
    reader,
    clock: () => Date.UTC(2026, 0, 1),
    newLineage: () => 'lineage',
    gate: (change) => gate(change),
  });
});

test('a comparison that takes long holds up neither who reads nor who changes, and is of what was there at its beginning', async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const { promise: isUnderWay, resolve: begin } = Promise.withResolvers<void>();
  gate = async ({ changes }) => {
    if (changes.length < 3) return [];
    begin();
    await isOver;
    return [];
  };
  const compared = configuration.apply(whole, { ...by, prune: true, dryRun: true });
  await isUnderWay;
  await configuration.refresh();
  await configuration.createRoute(route('small'), by);
  expect(configuration.routes().map(({ id }) => id)).toEqual(['small']);
  end();
  const { changes, revision } = await compared;
  expect(changes.map(({ entityId }) => entityId)).toEqual(names);
  expect(revision).toBe(0);
});

test('a large change that is overtaken by small ones is made for what is there then, and comes to its end', async () => {
  const small: Promise<unknown>[] = [];
  let done = 0;
  const doneAtTheEnd: number[] = [];
  // Work pauses by this clock, so that no slow machine adds pauses, above all none to the small changes.
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  // Long enough that the work pauses before each route; somebody else makes a change in each pause.
  onRead = (name) => {
    if (!names.includes(name as string)) return;
    now += 11;
    if (name === 'a') {
      const added = configuration.createRoute(route(`small${small.length}`), by);
      small.push(added.then(() => (done += 1)));
    } else if (name === 'c') doneAtTheEnd.push(done);
  };
  const { changes, revision } = await configuration.apply(whole, { ...by, prune: true });
  await Promise.all(small);
  // Three times beside everything else, then once while all else waits.
  expect(doneAtTheEnd).toEqual([1, 2, 3, 3]);
  const ofOthers = ['small0', 'small1', 'small2'];
  expect(changes.map(({ entityId }) => entityId)).toEqual([...names, ...ofOthers]);
  expect(revision).toBe(4);
  expect(configuration.routes().map(({ id }) => id)).toEqual([...names, 'small3']);
});

test('who reads while a change is being stored does not wait for it', async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const { promise: isUnderWay, resolve: begin } = Promise.withResolvers<void>();
  const alongside = async () => {
    begin();
    await isOver;
    return [];
  };
  const changed = configuration.createRoute(route('a'), { ...by, alongside });
  await isUnderWay;
  await configuration.refresh();
  expect(configuration.routes()).toEqual([]);
  end();
  await changed;
  await configuration.refresh();
  expect(configuration.routes()).toHaveLength(1);
});
