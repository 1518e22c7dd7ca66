import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStore } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { fences } from './fences.ts';
import { leases } from './leases.ts';
import { entries, heads } from './testing/journal.ts';
import { startLeader } from './testing/start-leader.ts';
import type { LeaderProcess, Said } from './testing/start-leader.ts';

const patient = { timeout: 60_000, interval: 10 };

let folder: string;
let storeUrl: string;
let store: Store | undefined;
const processes: LeaderProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leader-'));
  storeUrl = `sqlite:${join(folder, 'store.db')}`;
  store = await openStore({ url: storeUrl, collections: [fences, leases, entries, heads] });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
  await store?.close();
  await rm(folder, { recursive: true });
});

function start(name: string, ttlMs?: number): LeaderProcess {
  const one = startLeader(name, { storeUrl, ttlMs });
  processes.push(one);
  return one;
}

/** Waits until one of them leads; gives that one first, and its token. */
async function leaderOf(...candidates: LeaderProcess[]): Promise<[LeaderProcess, number]> {
  return vi.waitFor(() => {
    const leader = candidates.find(({ leading }) => leading);
    if (leader === undefined) throw new Error('nobody leads');
    return [leader, leader.said.findLast(({ event }) => event === 'leading')?.token ?? 0] as const;
  }, patient) as Promise<[LeaderProcess, number]>;
}

function says(one: LeaderProcess, expected: Partial<Said>, from = 0): Promise<void> {
  return vi.waitFor(() => expect(one.said.slice(from)).toContainEqual(expect.objectContaining(expected)), patient);
}

/** The tokens of all that was committed, in order. */
async function journal(): Promise<readonly number[]> {
  const tokens: number[] = [];
  for (;;) {
    const { items } = (await store?.find(entries, { limit: 1_000, offset: tokens.length })) ?? { items: [] };
    if (items.length === 0) return tokens;
    tokens.push(...items.map(({ body }) => body.token));
  }
}

test('a leader that is killed is replaced within 10 s', async () => {
  const pair = [start('a'), start('b')] as const;
  const [first, token] = await leaderOf(...pair);
  const second = first === pair[0] ? pair[1] : pair[0];
  await says(second, { event: 'ready' });
  await first.kill();
  const killed = performance.now();
  const [next, nextToken] = await leaderOf(second);
  expect(performance.now() - killed).toBeLessThan(10_000);
  expect(nextToken).toBeGreaterThan(token);
  expect(await store?.get(fences, 'leader')).toMatchObject({ body: { token: nextToken, holder: next.name } });
});

test('a leader that closes is replaced without waiting for its lease', async () => {
  const tooLong = 10 * patient.timeout;
  const first = start('a', tooLong);
  await leaderOf(first);
  const second = start('b', tooLong);
  await says(second, { event: 'ready' });
  first.tell('close');
  const [leader] = await leaderOf(second);
  expect(leader).toBe(second);
});

test('a leader that was stopped and goes on cannot commit what it had begun', async () => {
  const first = start('a');
  await leaderOf(first);
  const second = start('b');
  await says(second, { event: 'ready' });
  first.tell('guard');
  await says(first, { event: 'guarded' });
  first.signal('SIGSTOP');
  const [, token] = await leaderOf(second);
  second.tell('guard');
  await says(second, { event: 'guarded', token });
  first.tell('commit');
  first.signal('SIGCONT');
  await says(first, { event: 'fenced', token: 1 });
  await says(first, { event: 'lost' });
  second.tell('commit');
  await says(second, { event: 'committed', token });
  expect(await journal()).toEqual([token]);
});

test('of two processes that are stopped in turn just before a commit never both can commit', async () => {
  const pair = [start('a'), start('b')] as const;
  for (const one of pair) {
    await says(one, { event: 'ready' });
    one.tell('work');
  }
  const terms = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const [leader, token] = await leaderOf(...pair);
    const other = leader === pair[0] ? pair[1] : pair[0];
    // A term that ends before its first commit leaves nothing in the journal.
    await says(leader, { event: 'committed', token });
    leader.tell('stop');
    const next = await vi.waitFor(() => {
      const after = other.said.find((said) => said.event === 'committed' && (said.token ?? 0) > token);
      if (after?.token === undefined) throw new Error(`nobody committed after term ${token}`);
      return after.token;
    }, patient);
    const before = leader.said.length;
    leader.signal('SIGCONT');
    await says(leader, { event: 'fenced', token }, before);
    await says(leader, { event: 'lost' }, before);
    terms.add(token).add(next);
  }
  const tokens = await journal();
  expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
  expect(tokens).toEqual(expect.arrayContaining([...terms]));
});
