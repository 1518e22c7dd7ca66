// Run: node packages/gateway/src/runtime/scrape.bench.ts — what a scrape each second of 1,000 routes costs. Linux only.
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startGateway } from './start-gateway.ts';

const routeCount = 1000;
const windowMs = 5000;
const windows = 12;

const client = new Worker(clientCode(), { eval: true, name: 'client' });
const [backendPort] = (await once(client, 'message')) as [number];
const backends = ['a', 'b'].map((name) => ({ name, url: `http://127.0.0.1:${backendPort}` }));
const parsed = parseConfig({
  proxy: { port: 0, workers: 2, accessLog: { failures: false } },
  management: { port: 0 },
  routes: Array.from({ length: routeCount }, (_, i) => ({ name: `r-${i}`, pathPattern: `/r-${i}/**`, backends })),
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const log = createLogger({ output: { write: () => true } });
const gateway = await startGateway({ config: parsed.config, log, version: 'bench' });
client.postMessage({ port: gateway.addresses.proxy?.port, routes: routeCount });
// Every route has been asked by then, so that every series is there.
while (gateway.status.load().requestsTotal < 20 * routeCount) await sleep(100);

const costs = { without: [] as number[], with: [] as number[] };
const scrapes: number[] = [];
let bytes = 0;
for (let window = 0; window < windows; window++) {
  const kind = window % 2 === 0 ? 'without' : 'with';
  const before = { cpu: workerCpuMs(), requests: gateway.status.load().requestsTotal };
  const timer = kind === 'without' ? undefined : setInterval(scrape, 1000);
  await sleep(windowMs);
  clearInterval(timer);
  const requests = gateway.status.load().requestsTotal - before.requests;
  costs[kind].push(((workerCpuMs() - before.cpu) * 1000) / requests);
}
console.log(`a scrape: ${median(scrapes).toFixed(0)} ms CPU of the main thread, ${(bytes / 1e6).toFixed(1)} MB`);
for (const kind of ['without', 'with'] as const)
  console.log(`${kind.padEnd(7)} scrapes: ${median(costs[kind]).toFixed(2)} µs CPU of the workers per request`);
await gateway.close({ drainMs: 0 });
await client.terminate();

function scrape(): void {
  const before = process.threadCpuUsage();
  bytes = Buffer.byteLength(metricText(gateway.status, 'openmetrics'));
  const { user, system } = process.threadCpuUsage(before);
  scrapes.push((user + system) / 1000);
}

/** User and system time of the threads that serve; a tick is 10 ms. */
function workerCpuMs(): number {
  const tasks = readdirSync('/proc/self/task').filter((task) =>
    readFileSync(`/proc/self/task/${task}/comm`, 'utf8').startsWith('data-plane'),
  );
  const ticks = tasks.map((task) => {
    const fields = readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) * 10;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** A backend, and a client that asks one route after the other on 16 connections. */
function clientCode(): string {
  return `
    const { parentPort } = require('node:worker_threads');
    const net = require('node:net');
    const backend = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'));
    });
    backend.listen(0, '127.0.0.1', () => parentPort.postMessage(backend.address().port));
    parentPort.on('message', ({ port, routes }) => {
      let next = 0;
      for (let i = 0; i < 16; i++) {
        const socket = net.connect(port, '127.0.0.1');
        const ask = () => socket.write('GET /r-' + (next++ % routes) + '/x HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n');
        socket.on('error', () => {}).on('data', ask).on('connect', ask);
      }
    });`;
}
