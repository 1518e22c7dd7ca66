// Prints what a large configuration costs: node packages/gateway/src/runtime/scale.bench.ts [routes] [backends per route]
import { parseConfig } from '@sluice/model';
import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const changeCount = 100;
const [routeCount = 10_000, perRoute = 10] = process.argv.slice(2).map(Number);

const client = new Worker(clientCode(), { eval: true });
const [backendPort] = (await once(client, 'message')) as [number];
const base = configOf(backendPort);
print('configuration', `${routeCount} routes, ${routeCount * perRoute} backends`);
print('memory before the start', memory());

const started = performance.now();
const log = createLogger({ output: { write: (line) => process.stderr.write(line) } });
const gateway = await startGateway({ config: base, log, version: 'bench' });
print('start, until every worker listens', milliseconds(performance.now() - started));
print('memory after the start', memory());
await heaps(gateway);

const quiet = await latenciesDuring(gateway, () => new Promise((resolve) => setTimeout(resolve, 2000)));
const changes: number[] = [];
let config = base;
let stall = 0;
const busy = await latenciesDuring(gateway, async () => {
  for (let i = 0; i < changeCount; i++) {
    config = withOneChange(config, i);
    const began = performance.now();
    const applied = gateway.apply(config);
    await new Promise(setImmediate);
    stall = Math.max(stall, performance.now() - began);
    await applied;
    changes.push(performance.now() - began);
  }
});
print('one changed route, live on every worker', spread(changes));
print('main thread held up by one change', `at most ${milliseconds(stall)}`);
print('requests meanwhile, without changes', spread(quiet));
print('requests meanwhile, during the changes', spread(busy));

const again = structuredClone(config);
const compared = performance.now();
const { changed } = await gateway.apply(again);
print('equal content in new objects', `${milliseconds(performance.now() - compared)}, changed: ${changed}`);
timed('metrics, as text', () => megabytes(metricText(gateway.status).length));
timed('busy routes', () => String(gateway.status.busyRoutes().length));
timed('unhealthy backends', () => String([...gateway.status.unhealthyBackends()].length));
print('memory after the changes', memory());
await heaps(gateway);
await gateway.close({ drainMs: 0 });
await client.terminate();

function timed(what: string, work: () => string): void {
  const began = performance.now();
  const result = work();
  print(what, `${milliseconds(performance.now() - began)}, ${result}`);
}

/** One request after the other on one connection, from a thread of its own, while something is done. */
async function latenciesDuring({ addresses }: Gateway, work: () => Promise<unknown>): Promise<number[]> {
  client.postMessage(addresses.proxy?.port);
  await work();
  client.postMessage('end');
  const [latencies] = (await once(client, 'message')) as [number[]];
  return latencies;
}

function configOf(port: number): GatewayConfig {
  const parsed = parseConfig({
    proxy: { port: 0, workers: 2, accessLog: { failures: false } },
    routes: [
      { name: 'live', pathPattern: '/live/**', backends: [{ name: 'a', url: `http://127.0.0.1:${port}` }] },
      { name: 'many', pathPattern: '/many/**', backends: [{ name: 'a', url: 'http://192.0.2.1' }] },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [live, many] = parsed.config.routes;
  const routes = Array.from({ length: routeCount }, (_, index) => routeNumber(many, index));
  return { ...parsed.config, routes: [live, ...routes] };
}

/** Objects of its own for each, as reading them from JSON gives. */
function routeNumber(template: RouteConfig, index: number): RouteConfig {
  const backends = Array.from({ length: perRoute }, (_, at) => {
    const number = index * perRoute + at;
    const url = `http://10.${number >> 16}.${(number >> 8) & 255}.${number & 255}:8080`;
    return { ...structuredClone(template.backends[0]), name: `backend-${at}`, url };
  });
  return { ...structuredClone(template), name: `route-${index}`, pathPattern: `/api/service-${index}/**`, backends };
}

/** Another weight here, another path there, and now and then a backend at another address. */
function withOneChange(before: GatewayConfig, turn: number): GatewayConfig {
  const index = 1 + ((turn * 7919) % routeCount);
  const route = before.routes[index];
  const backends = route.backends.map((backend, at) =>
    at > 0 ? backend : { ...backend, weight: 1 + (turn % 99), url: `http://10.200.${turn}.1:8080` },
  );
  const pathPattern = turn % 2 === 0 ? route.pathPattern : `/moved/${turn}/**`;
  return { ...before, routes: before.routes.with(index, { ...route, pathPattern, backends }) };
}

/** Heaps are reported by the workers once a second. */
async function heaps({ status }: Gateway): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const sizes = metricText(status).matchAll(/^nodejs_heap_size_used_bytes\{.*\} (.*)$/gm);
  print('heap of each worker', [...sizes].map(([, bytes]) => megabytes(Number(bytes))).join(', '));
}

function memory(): string {
  const { rss, heapUsed } = process.memoryUsage();
  return `${megabytes(rss)} resident, ${megabytes(heapUsed)} on the heap of the main thread`;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    milliseconds(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} (${sorted.length})`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}

function print(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(42)}${value}\n`);
}

/** A backend and a client in one thread. */
function clientCode(): string {
  return `
    const { Agent, createServer, get } = require('node:http');
    const { parentPort } = require('node:worker_threads');
    const server = createServer((request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let latencies;
    const ask = (port) => {
      const began = performance.now();
      get({ port, host: '127.0.0.1', path: '/live/x', agent }, (response) => {
        response.resume().once('end', () => {
          if (latencies === undefined) return;
          latencies.push(performance.now() - began);
          ask(port);
        });
      });
    };
    parentPort.on('message', (message) => {
      if (message === 'end') {
        parentPort.postMessage(latencies);
        latencies = undefined;
      } else {
        latencies = [];
        ask(message);
      }
    });
  `;
}
