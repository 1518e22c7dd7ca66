import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { browserRequest } from '../load/browser-request.ts';
import { Connection } from '../load/connection.ts';
import { requestFile } from '../load/wrk.ts';
import type { Lab, Server } from '../lab.ts';
import { machineFacts } from '../machine.ts';
import type { Options, PolicyOptions } from '../options.ts';
import { startNginx } from '../peers/nginx.ts';
import { routePrefix } from '../peers/sluice-config.ts';
import { startSluiceWith } from '../peers/sluice.ts';
import { treeUsage } from '../process-tree.ts';
import { median, spread } from '../statistics.ts';
import { describeSample, sampleOf } from '../throughput.ts';
import type { Sample } from '../throughput.ts';
import { bodies, startUpstream } from '../upstream.ts';
import { bare, policyGroups } from './loads.ts';
import type { PolicyCell, PolicyResult } from './policy-result.ts';
import type { PolicyGroup, PolicyLoad } from './policy-load.ts';
import { startRedis } from './redis.ts';

/** As many routes as everywhere else in the benchmark, in equal parts for the loads. */
const routes = 1000;
const routesPerLoad = 20;
const connections = 64;

/** A row of the table: which server gets which requests. */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly server: Server;
  readonly requests: string;
  readonly limit?: PolicyLoad['limit'];
}

/**
 * Measures what policies add to a request. All loads take turns within a round, so that what
 * the machine does meanwhile hits all of them alike.
 */
export async function measurePolicies(
  lab: Lab,
  { rounds, seconds, warmUpSeconds, policies = {} }: Options,
  progress: (line: string) => void,
): Promise<PolicyResult> {
  const machine = machineFacts();
  const rows = await startAll(lab, policies);
  for (const row of rows) await verify(row);
  for (const { pid } of new Set(rows.map(({ server }) => server))) await untilIdle(pid);
  const samples = new Map<string, Sample[]>(rows.map(({ id }) => [id, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { id, server, requests } of rows) {
      const sent = { port: server.port, requests, connections };
      const sample = await sampleOf(lab, server, sent, { seconds, warmUpSeconds });
      samples.get(id)?.push(sample);
      progress(`round ${round}/${rounds}  ${id.padEnd(18)} ${describeSample(sample)}`);
    }
  }
  return { machine, rounds, seconds, policies: rows.map((row) => cellOf(row, samples)) };
}

async function startAll(lab: Lab, { only, before }: PolicyOptions): Promise<readonly Row[]> {
  const upstream = await startUpstream(lab);
  const groups = wantedGroups(policyGroups(lab), only);
  const common = { upstreamPort: upstream.port, workers: 1, routes, role: 'gateway' as const, format: 'json' as const };
  const nginx = await startNginx(lab, upstream.port);
  const plain = lab.write('requests-plain', requestFile(requestsOf(nginx, { id: '', title: '', route: {} }, 0)));
  const rows: Row[] = [{ id: 'nginx', title: 'nginx', server: nginx, requests: plain }];
  for (const load of groups.flatMap(({ loads }) => loads).filter(({ limit }) => limit !== undefined)) {
    const requests = lab.write(`requests-nginx-${load.id}`, requestFile(requestsOf(nginx, load, 0)));
    rows.push({ id: `nginx-${load.id}`, title: `nginx, requests of “${load.title}”`, server: nginx, requests });
  }
  if (before !== undefined) {
    const server = await startSluiceWith(lab, { ...common, checkout: resolve(before) });
    rows.push({ id: 'before', title: `no policy, in ${before}`, server, requests: plain });
  }
  for (const { loads, hasRedis = false, ...group } of groups) {
    const settings = { ...group.settings, ...(hasRedis && { redis: { url: await startRedis(lab) } }) };
    const routeSettings = (index: number): object => loads[Math.floor(index / routesPerLoad)]?.route ?? {};
    const server = await startSluiceWith(lab, { ...common, routeSettings, settings });
    loads.forEach((load, place) => {
      const requests = lab.write(`requests-${load.id}`, requestFile(requestsOf(server, load, place)));
      rows.push({ ...load, server, requests });
    });
  }
  return rows;
}

/** The route without policies is always among them. */
function wantedGroups(groups: readonly PolicyGroup[], only: readonly string[] | undefined): readonly PolicyGroup[] {
  if (only === undefined) return groups;
  const ids = groups.flatMap(({ loads }) => loads.map(({ id }) => id));
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`--only: unknown ${unknown.join(', ')}; there are ${ids.join(', ')}`);
  return groups
    .map(({ loads, ...group }) => ({ ...group, loads: loads.filter(({ id }) => id === bare || only.includes(id)) }))
    .filter(({ loads }) => loads.length > 0);
}

function requestsOf(server: Server, { headers, different = routesPerLoad }: PolicyLoad, place: number): string[] {
  return Array.from({ length: different }, (_, index) => {
    const path = `${routePrefix(place * routesPerLoad + (index % routesPerLoad))}/1k`;
    return browserRequest(server.port, path, { headers: headers?.(index) ?? {} });
  });
}

/** A fast refusal is worth nothing: the first and the last request must be answered by the upstream. */
async function verify({ title, server, requests }: Row): Promise<void> {
  const all = readFileSync(requests, 'latin1').split('\n%%\n').filter(Boolean);
  const connection = await Connection.open(server.port);
  for (const request of [all.at(0), all.at(-1)]) {
    const { status, body } = await connection.request(request ?? '');
    if (status !== 200 || body !== bodies['1k']) throw new Error(`${title}: answered ${status} ${body.slice(0, 200)}`);
  }
  connection.close();
}

/** A gateway goes on reading its consumers, and compiling, for a while after it has answered. */
async function untilIdle(pid: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  let before = treeUsage(pid).cpuMicros;
  while (performance.now() < deadline) {
    await sleep(500);
    const now = treeUsage(pid).cpuMicros;
    if (now - before < 25_000) return;
    before = now;
  }
}

function cellOf({ id, title, limit }: Row, samples: ReadonlyMap<string, readonly Sample[]>): PolicyCell {
  const own = samples.get(id) ?? [];
  const cpu = own.map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest);
  const beside = (other: string): number[] => (samples.get(other) ?? []).map((sample) => sample.cpuMicrosPerRequest);
  const [none, nginx] = [beside(bare), beside('nginx')];
  return {
    id,
    title,
    cpuMicrosPerRequest: median(cpu),
    // Round by round: what the machine does meanwhile hits both alike.
    addedMicros: median(cpu.map((micros, round) => micros - (none[round] ?? Number.NaN))),
    ratioToNginx: median(cpu) / median(nginx),
    cpuSpread: spread(cpu),
    requestsPerSecond: median(own.map(({ requestsPerSecond }) => requestsPerSecond)),
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
    rounds: own,
    ...(limit !== undefined && { limit }),
  };
}
