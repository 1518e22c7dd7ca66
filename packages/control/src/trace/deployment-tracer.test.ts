import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '@sluice/service/testing';
import type { ManualClock } from '@sluice/service/testing';
import type { DeploymentEvent } from '../deployment/index.ts';
import { begin } from '../deployment/testing/parts.ts';
import { eventOf, runningDeployment } from '../notify/testing/events.ts';
import { createMemoryStore, StoreUnavailableError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { endedSpans } from './collections.ts';
import { DeploymentTracer, endedSpanWrites } from './deployment-tracer.ts';

const endedAt = new Date(begin + 60_000).toISOString();
const deployment = runningDeployment({ status: 'Completed', completedAt: endedAt });
const completed = eventOf('completed', { sequence: 9, at: endedAt });

let clock: ManualClock;
let store: Store;
let leader: { leading: boolean };
let warnings: string[];
/** What the exporter was given: the bytes, and how to say what became of them. */
let given: { readonly bytes: string; readonly done: (isTaken: boolean) => void }[];
let tracers: DeploymentTracer[];

beforeEach(() => {
  clock = createManualClock(begin + 60_000);
  store = createMemoryStore([endedSpans]);
  leader = { leading: true };
  warnings = [];
  given = [];
  tracers = [];
});

afterEach(() => Promise.all(tracers.map((tracer) => tracer.close())));

function starts(found: typeof deployment | undefined = deployment): DeploymentTracer {
  const tracer = new DeploymentTracer({
    store,
    deployments: {
      get: () => Promise.resolve(found && { version: 1, deployment: found }),
      events: () => Promise.resolve([completed]),
    },
    configuration: { lineage: 'a' },
    leader,
    spans: {
      add: (bytes, _spans, done) => void given.push({ bytes: Buffer.from(bytes).toString('hex'), done: done! }),
    },
    log: { warn: (message) => void warnings.push(message) },
    clock,
  });
  tracers.push(tracer);
  return tracer;
}

async function ends(event: DeploymentEvent = completed): Promise<void> {
  await store.commit(endedSpanWrites(event, deployment));
}

async function left(): Promise<number> {
  return (await store.find(endedSpans, { limit: 10 })).items.length;
}

test('the spans of a deployment that ended are sent once, and forgotten when the collector took them', async () => {
  starts();
  await ends();
  await clock.advance(10_000);
  expect(given).toHaveLength(1);
  expect(await left()).toBe(1);

  given[0].done(true);
  await clock.advance(10_000);
  expect(given).toHaveLength(1);
  expect(await left()).toBe(0);
});

test('what the exporter dropped is sent again later', async () => {
  starts();
  await ends();
  await clock.advance(1_000);
  given[0].done(false);
  await clock.advance(299_000);
  expect(given).toHaveLength(1);
  await clock.advance(2_000);
  expect(given).toHaveLength(2);
});

test('another process goes on with what was not taken, under the same ids', async () => {
  const first = starts();
  await ends();
  await clock.advance(1_000);
  await first.close();
  given[0].done(false);

  starts();
  await clock.advance(1_000);
  expect(given).toHaveLength(2);
  expect(given[1].bytes).toBe(given[0].bytes);
});

test('what the collector took while the process stopped is not sent again', async () => {
  const first = starts();
  await ends();
  await clock.advance(1_000);
  given[0].done(true);
  await first.close();
  expect(await left()).toBe(0);
});

test('only the leader sends', async () => {
  leader.leading = false;
  starts();
  await ends();
  await clock.advance(60_000);
  expect(given).toEqual([]);
  leader.leading = true;
  await clock.advance(1_000);
  expect(given).toHaveLength(1);
});

test('a store that is away for a moment loses nothing, and is not told about here', async () => {
  const { find } = store;
  store.find = () => Promise.reject(new StoreUnavailableError('away'));
  starts();
  await clock.advance(15_000);
  await ends();
  store.find = find;
  await clock.advance(15_000);
  expect(given).toHaveLength(1);
  expect(warnings).toEqual([]);
});

test('what no collector took for a day is given up, and so is what has no deployment any more', async () => {
  await ends();
  await clock.advance(25 * 3_600_000);
  starts();
  await clock.advance(1_000);
  expect(await left()).toBe(0);

  await store.commit(endedSpanWrites({ ...completed, at: new Date(clock.now()).toISOString() }, deployment));
  await tracers[0].close();
  starts(undefined);
  await clock.advance(3_000);
  expect(await left()).toBe(0);
  expect(given).toEqual([]);
});

test.for<[DeploymentEvent['kind'], number, number]>([
  ['completed', 1, 1],
  ['rolledBack', 1, 1],
  ['failed', -1, 1],
  ['cancelled', -1, 1],
  ['phaseStarted', 1, 1],
  ['phaseStarted', 0, 0],
  ['verdict', 1, 0],
  ['approved', -1, 0],
])('%s in phase %i ends %i', ([kind, phaseIndex, count]) => {
  expect(endedSpanWrites(eventOf(kind, { phaseIndex }), deployment)).toHaveLength(count);
  expect(endedSpanWrites(eventOf(kind, { phaseIndex }), { ...deployment, isPlain: true })).toEqual([]);
});
