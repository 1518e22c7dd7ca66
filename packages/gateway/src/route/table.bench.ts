// Prints nanoseconds of CPU per find and per choose: node packages/gateway/src/route/table.bench.ts
import type { Strategy } from '@sluice/model';
import { strategies } from '@sluice/model';
import { createChoose } from '../balance/index.ts';
import type { ChoosableBackend } from '../balance/index.ts';
import { normalisePath } from './normalise-path.ts';
import type { RoutableRequest } from './routable-request.ts';
import type { Matchable } from './rule.ts';
import { RouteTable } from './table.ts';

const rounds = 7;
let sink = 0;

for (const count of [10, 1_000, 10_000]) benchFind(count);
benchNormalise();
for (const strategy of strategies) benchChoose(strategy);
if (sink === 0) throw new Error('the measured functions returned nothing');

function benchFind(count: number): void {
  const started = performance.now();
  const table = new RouteTable<Matchable>();
  for (let index = 0; index < count; index++) table.add(routeNumber(index));
  const compiled = performance.now() - started;
  const requests = Array.from({ length: 64 }, (_, index) => requestFor((index * 157) % count));
  print(`find among ${count} routes`, findCost(table, requests), `compiled in ${compiled.toFixed(1)} ms`);
  const slices = requests.map((request) => ({ ...request, path: `GET ${request.path} HTTP/1.1`.slice(4, -9) }));
  print(`find among ${count} routes`, findCost(table, slices), 'paths are slices of a head');
}

function findCost(table: RouteTable<Matchable>, requests: readonly RoutableRequest[]): number {
  return nanoseconds(1_000_000, (turn) => {
    if (table.find(requests[turn & 63]) !== undefined) sink++;
  });
}

function routeNumber(index: number): Matchable {
  const pattern = [
    { kind: 'literal', text: 'api' },
    { kind: 'literal', text: `service-${index >> 2}` },
    ...(
      [
        [
          { kind: 'literal', text: 'users' },
          { kind: 'param', name: 'id' },
        ],
        [{ kind: 'literal', text: 'orders' }, { kind: 'any' }, { kind: 'literal', text: 'items' }],
        [{ kind: 'literal', text: 'status' }],
        [{ kind: 'rest' }],
      ] as const
    )[index & 3],
  ] as const;
  return { name: `route-${index}`, pattern, methods: ['GET', 'POST'], hosts: [], headers: {}, query: {}, priority: 0 };
}

function requestFor(index: number): RoutableRequest {
  const tail = ['users/4711', 'orders/4711/items', 'status', 'assets/css/site.css'][index & 3];
  // From bytes, as in the gateway: a concatenation would be flattened within the measurement.
  const path = Buffer.from(`/api/service-${index >> 2}/${tail}`).toString('latin1');
  return { method: 'GET', path, query: '', host: 'www.example.com', header: () => undefined };
}

function benchNormalise(): void {
  const paths = Array.from({ length: 64 }, (_, index) => requestFor(index * 157).path);
  const perPath = nanoseconds(1_000_000, (turn) => {
    if (normalisePath(paths[turn & 63]).ok) sink++;
  });
  print('normalise a path that is normal', perPath, `${paths[0].length} characters`);
}

function benchChoose(strategy: Strategy): void {
  const strategyConfig = { headerName: 'x-version', routingRules: { next: 'backend-1' }, defaultBackend: 'backend-0' };
  const backends = Array.from({ length: 3 }, (_, index) => backendNumber(index));
  const choose = createChoose(strategy, backends, { strategyConfig });
  const clients = Array.from({ length: 64 }, (_, index) => ({
    clientAddress: `203.0.113.${index}`,
    header: () => 'next',
  }));
  const untried: ChoosableBackend[] = [];
  const perChoice = nanoseconds(1_000_000, (turn) => {
    if (choose(clients[turn & 63], untried) !== undefined) sink++;
  });
  print(`choose by ${strategy}`, perChoice, '3 backends');
}

function backendNumber(index: number): ChoosableBackend {
  const states = new Int32Array(3).fill(1);
  return {
    name: `backend-${index}`,
    weight: 100 - index,
    usable: () => Atomics.load(states, index) === 1,
    active: () => Atomics.load(states, index),
    failing: () => false,
    latencyMs: () => 10 + index,
  };
}

/** CPU time, and the best round: what else the machine does is not the subject. */
function nanoseconds(turns: number, measured: (turn: number) => void): number {
  const results = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    for (let turn = 0; turn < turns; turn++) measured(turn);
    return (process.cpuUsage(before).user * 1_000) / turns;
  });
  return Math.min(...results);
}

function print(what: string, cost: number, note: string): void {
  process.stdout.write(`${what.padEnd(34)}${cost.toFixed(0).padStart(6)} ns   ${note}\n`);
}
