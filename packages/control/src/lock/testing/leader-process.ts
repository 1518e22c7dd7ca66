/**
 * A process of its own that stands for election: `node leader-process.ts STORE_URL NAME [TTL_MS]`. Says what happens as
 * lines of JSON on stdout; on stdin it takes `guard` (take a guard and keep it), `commit` (with the guard that was kept),
 * `work` (commit again and again, each time with a new guard), `stop` (while it works: stop, as by SIGSTOP, between a
 * guard and its commit, so not inside the store) and `close`.
 */
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { ConflictError, openStore } from '../../store/index.ts';
import type { Store, Write } from '../../store/index.ts';
import { fences } from '../fences.ts';
import { createLeader } from '../leader.ts';
import type { Leader } from '../leader.ts';
import { createStoreLock } from '../store-lock.ts';
import { leases } from '../leases.ts';
import { entries, heads } from './journal.ts';

const [storeUrl = '', holder = '', ttl] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined };
const say = (event: string, fields: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
};

const store = await openStore({ url: storeUrl, collections: [fences, leases, entries, heads] });
const lock = createStoreLock({ store });
const leader = createLeader({ lock, store, holder, log, ...(ttl !== undefined && { ttlMs: Number(ttl) }) });
leader.onChange((leading) => say(leading ? 'leading' : 'lost', { token: leader.token }));

let isToStop = false;
let kept: { readonly guard: Write; readonly token: number } | undefined;

/** One entry at the end of the journal. The guard alone keeps a former leader out: the end is read anew. */
async function commit(guard: Write, token: number): Promise<'committed' | 'fenced' | 'failed'> {
  const head = await store.get(heads, 'journal');
  const number = (head?.version ?? 0) + 1;
  try {
    await store.commit([
      guard,
      { kind: 'put', collection: heads, id: 'journal', body: { token }, expect: head?.version ?? 'absent' },
      {
        kind: 'put',
        collection: entries,
        id: String(number).padStart(8, '0'),
        body: { token, holder },
        expect: 'absent',
      },
    ]);
    return 'committed';
  } catch (error) {
    return error instanceof ConflictError && error.collection === 'fences' ? 'fenced' : 'failed';
  }
}

async function work(candidate: Leader, into: Store): Promise<never> {
  for (let count = 0; ;) {
    const { token } = candidate;
    if (token === undefined) {
      await pause(20);
      continue;
    }
    const guard = candidate.guard();
    if (isToStop) {
      isToStop = false;
      process.kill(process.pid, 'SIGSTOP');
    }
    const outcome = await commit(guard, token);
    if (outcome === 'committed') count++;
    if (outcome !== 'committed' || count % 10 === 1) say(outcome, { token, count, store: into.kind });
    await pause(2);
  }
}

async function close(): Promise<void> {
  await leader.close();
  await store.close();
  process.exit(0);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'guard') {
    kept = { guard: leader.guard(), token: leader.token ?? 0 };
    say('guarded', { token: kept.token });
  } else if (line === 'commit' && kept !== undefined) {
    void commit(kept.guard, kept.token).then((outcome) => say(outcome, { token: kept?.token }));
  } else if (line === 'work') {
    void work(leader, store);
  } else if (line === 'stop') {
    isToStop = true;
  } else if (line === 'close') {
    void close();
  }
});
say('ready');
