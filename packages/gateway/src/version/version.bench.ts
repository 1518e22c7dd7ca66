// Run: node packages/gateway/src/version/version.bench.ts — prints nanoseconds per call, the best of six rounds.
import { splitConfig } from '@sluice/model';
import type { CompiledSplit } from '../compile/snapshot.ts';
import { requestHead } from '../http1/testing/parsed-head.ts';
import { createNodeMemory, NodeState, VersionCounters } from '../state/index.ts';
import { createChooseVersion } from './choose-version.ts';
import type { VersionRequest } from './choose-version.ts';
import { murmur3 } from './murmur3.ts';

const head = requestHead(
  'GET /users/7 HTTP/1.1',
  'Host: shop.example',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: application/json',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
  'Authorization: Bearer 0123456789abcdef0123456789abcdef',
  'Cookie: theme=dark; session=0123456789abcdef; sluice-user=Zm9vYmFyYmF6cXV4cXV1',
  'X-User: user-4711',
);
const request: VersionRequest = { head, clientAddress: '203.0.113.77', newUser: undefined, finding: undefined };
const memory = createNodeMemory({ workers: 1 });
const [state, counters] = [new NodeState(memory, 0), new VersionCounters(memory, 0)];

/** What `serve` asks of every route; most have none. */
const routes: { readonly split: CompiledSplit | undefined }[] = Array.from({ length: 1024 }, () => ({
  split: undefined,
}));
let taken = 0;

const chooser = (input: object) => {
  const choose = createChooseVersion(splitConfig.parse({ deploymentId: 'd-1', epoch: 1, percentage: 10, ...input }));
  return () => {
    if (choose(request) === 'candidate') taken++;
  };
};

const cases: Record<string, (i: number) => void> = {
  'no deployment: the check': (i) => {
    if (routes[i & 1023].split !== undefined) taken++;
  },
  'by chance': chooser({}),
  'by the client address': chooser({ sticky: { by: 'client' } }),
  'by a header': chooser({ sticky: { by: 'header', name: 'X-User' } }),
  'by the credentials': chooser({ sticky: { by: 'consumer' } }),
  'by a cookie': chooser({ sticky: { by: 'cookie' } }),
  'two rules for testers, then chance': chooser({
    testers: [
      { header: 'X-Canary', value: '1' },
      { cookie: 'canary', value: '1' },
    ],
  }),
  'murmur3 of an address': (i) => {
    taken += murmur3('203.0.113.77', i) & 1;
  },
  'counting: enter, record, leave': (i) => {
    state.versions.add(i & 1);
    counters.record(i & 1, 'answered', (i & 0xffff) / 100);
    state.versions.leave(i & 1);
  },
};

for (const [name, run] of Object.entries(cases)) console.log(`${name.padEnd(40)} ${nanoseconds(run).toFixed(1)} ns`);
if (taken < 0) throw new Error('nothing was taken');

function nanoseconds(run: (i: number) => void): number {
  const times = 1_000_000;
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) run(i);
    best = Math.min(best, ((performance.now() - start) * 1e6) / times);
  }
  return best;
}
