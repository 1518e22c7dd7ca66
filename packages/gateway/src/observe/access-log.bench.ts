// Run: node packages/gateway/src/observe/access-log.bench.ts — prints what one line costs, the best of ten rounds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedaction } from '@sluice/service/redaction';
import { createAccessLog } from './access-log.ts';
import { EntryRedaction } from './entry-redaction.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const file = join(folder, 'access.log');
const log = createAccessLog({ file, queueLimit: Infinity, flushInterval: 2 ** 30 });
const entry = {
  method: 'GET',
  path: '/api/users/123?fields=name',
  protocol: 'HTTP/1.1',
  host: 'shop.example.com',
  status: 200,
  route: 'users',
  backend: 'a',
  durationMs: 1.234,
  bytesSent: 1024,
  client: '192.0.2.1',
  requestId: '0f3a-1c9-000123',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  revision: 3,
};
const lines = 20_000;
let [queued, written] = [Infinity, Infinity];

for (let round = 0; round < 10; round++) {
  const start = performance.now();
  for (let i = 0; i < lines; i++) log.log({ ...entry, attempts: 1 });
  queued = Math.min(queued, performance.now() - start);
  const before = process.cpuUsage();
  await log.flush();
  const { user, system } = process.cpuUsage(before);
  written = Math.min(written, user + system);
}
await log.close();
rmSync(folder, { recursive: true });

const redaction = new EntryRedaction(createRedaction(['email']));
const redact = (work: () => string): string => {
  let best = Infinity;
  for (let round = 0; round < 10; round++) {
    const start = performance.now();
    for (let i = 0; i < lines; i++) work();
    best = Math.min(best, performance.now() - start);
  }
  return ((best * 1000) / lines).toFixed(2);
};

console.log(`queued on the hot path: ${((queued * 1000) / lines).toFixed(2)} µs of time per line`);
console.log(`rendered and written:   ${(written / lines).toFixed(2)} µs of CPU per line`);
console.log(`redacted, a usual path: ${redact(() => redaction.path('/api/users/123', undefined))} µs of time per line`);
console.log(`redacted, a query:      ${redact(() => redaction.query('fields=name&page=2'))} µs of time per line`);
