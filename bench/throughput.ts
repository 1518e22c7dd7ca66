import { Connection } from './load/connection.ts';
import { browserRequest } from './load/browser-request.ts';
import { requestFile, runHandshakes, runWrk } from './load/wrk.ts';
import type { Lab, Server } from './lab.ts';
import type { Case, PeerName } from './options.ts';
import { routePrefix } from './peers/sluice-config.ts';
import { treeUsage } from './process-tree.ts';
import { median, spread } from './statistics.ts';
import { bodies } from './upstream.ts';

/** One measurement of one proxy under one load. */
export interface Sample {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly rssBytes: number;
  readonly errors: number;
}

/** The medians of a proxy under one load, over the rounds. */
export interface Cell extends Sample {
  readonly caseId: string;
  readonly peer: PeerName;
  /** (largest − smallest) / median of the CPU time: below this a difference means nothing. */
  readonly cpuSpread: number;
  /** CPU time per request as a multiple of nginx's in the same run; null without nginx. */
  readonly ratioToNginx: number | null;
  readonly rounds: readonly Sample[];
}

export interface ThroughputOptions {
  readonly cases: readonly Case[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  progress(line: string): void;
}

/** Routes that the requests go to, in turn, spread over the table of 1,000. */
const requestedRoutes = Array.from({ length: 20 }, (_, index) => index * 50 + 7);

/**
 * Measures all proxies under all loads. Interleaved: within a round the proxies take turns on each load, so that what
 * the machine does meanwhile hits all of them alike.
 */
export async function measureThroughput(
  lab: Lab,
  peers: ReadonlyMap<PeerName, Server>,
  options: ThroughputOptions,
): Promise<Cell[]> {
  const samples = new Map<string, Sample[]>();
  for (const server of peers.values()) await verifyAnswers(server, options.cases);
  const speaks = (server: Server, load: Case): boolean => load.tls === undefined || server.tlsPort !== undefined;
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const load of options.cases) {
      for (const [peer, server] of peers) {
        if (!speaks(server, load)) continue;
        const sample = await measure(lab, server, load, options);
        const key = `${load.id} ${peer}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
        options.progress(
          `round ${round}/${options.rounds}  ${load.id.padEnd(11)} ${peer.padEnd(12)} ${describeSample(sample)}`,
        );
      }
    }
  }
  return options.cases.flatMap(({ id }) => summarize(id, [...peers.keys()], samples));
}

/** A measurement in a line. */
export function describeSample({ cpuMicrosPerRequest, requestsPerSecond, errors }: Sample): string {
  const cpu = cpuMicrosPerRequest.toFixed(1).padStart(7);
  return `${cpu} µs/request  ${Math.round(requestsPerSecond)} requests/s${errors > 0 ? `  ${errors} ERRORS` : ''}`;
}

/** A fast wrong answer is worth nothing: each proxy must pass on exactly what the upstream says. */
async function verifyAnswers(server: Server, loads: readonly Case[]): Promise<void> {
  const connection = await Connection.open(server.port);
  for (const path of new Set(loads.map((load) => load.path))) {
    const request = requestsFor(server.port, path)[0] ?? '';
    const { status, body } = await connection.request(request);
    const expected = bodies[path as keyof typeof bodies];
    if (status !== 200 || body !== expected) {
      throw new Error(
        `${server.name} answered /${path} with ${status} and ${body.length} bytes: ${body.slice(0, 200)}`,
      );
    }
  }
  connection.close();
}

function requestsFor(port: number, path: string): string[] {
  const body = path === 'post' ? `{"fill":"${'x'.repeat(4096 - 11)}"}` : undefined;
  return requestedRoutes.map((index) => browserRequest(port, `${routePrefix(index)}/${path}`, { body }));
}

async function measure(lab: Lab, server: Server, load: Case, times: ThroughputOptions): Promise<Sample> {
  const port = load.tls === undefined ? server.port : (server.tlsPort ?? 0);
  const requests = lab.write('requests', requestFile(requestsFor(port, load.path)));
  return sampleOf(lab, server, { ...load, port, requests }, times);
}

/** What is sent to a server for one measurement. */
export interface Sent extends Pick<Case, 'tls' | 'connections'> {
  readonly port: number;
  /** File of requests, as `requestFile` renders it. */
  readonly requests: string;
}

/** Warms a server up, and measures it under one load. */
export async function sampleOf(
  lab: Lab,
  server: Server,
  { port, requests, connections, tls }: Sent,
  times: Pick<ThroughputOptions, 'seconds' | 'warmUpSeconds'>,
): Promise<Sample> {
  const run = tls === 'handshakes' ? runHandshakes : runWrk;
  const wrk = { port, secure: tls !== undefined, connections, requests, core: lab.loadCore };
  await run({ ...wrk, seconds: times.warmUpSeconds });
  const before = treeUsage(server.pid);
  const result = await run({ ...wrk, seconds: times.seconds });
  const after = treeUsage(server.pid);
  return {
    cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / result.requests,
    requestsPerSecond: result.requests / result.seconds,
    p50Micros: result.p50Micros,
    p99Micros: result.p99Micros,
    rssBytes: after.rssBytes,
    errors: result.errors,
  };
}

function summarize(
  caseId: string,
  peers: readonly PeerName[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): Cell[] {
  const cells = peers.flatMap((peer) => {
    const rounds = samples.get(`${caseId} ${peer}`);
    return rounds === undefined ? [] : [{ caseId, peer, ...medians(rounds) }];
  });
  const nginx = cells.find(({ peer }) => peer === 'nginx')?.cpuMicrosPerRequest;
  return cells.map((cell) => ({
    ...cell,
    ratioToNginx: nginx === undefined ? null : cell.cpuMicrosPerRequest / nginx,
  }));
}

function medians(rounds: readonly Sample[]): Sample & { cpuSpread: number; rounds: readonly Sample[] } {
  const middle = (field: keyof Sample): number => median(rounds.map((sample) => sample[field]));
  return {
    cpuMicrosPerRequest: middle('cpuMicrosPerRequest'),
    requestsPerSecond: middle('requestsPerSecond'),
    p50Micros: middle('p50Micros'),
    p99Micros: middle('p99Micros'),
    rssBytes: middle('rssBytes'),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0), // not the median: one error is one too many
    cpuSpread: spread(rounds.map((sample) => sample.cpuMicrosPerRequest)),
    rounds,
  };
}
