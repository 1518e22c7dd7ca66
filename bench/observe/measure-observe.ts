import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { browserRequest } from '../load/browser-request.ts';
import { Connection } from '../load/connection.ts';
import { requestFile } from '../load/wrk.ts';
import { freePort } from '../lab.ts';
import type { Lab, Server } from '../lab.ts';
import { machineFacts } from '../machine.ts';
import type { Options } from '../options.ts';
import { routePrefix } from '../peers/sluice-config.ts';
import { startSluiceWith } from '../peers/sluice.ts';
import { median, spread } from '../statistics.ts';
import { describeSample, sampleOf } from '../throughput.ts';
import type { Sample } from '../throughput.ts';
import { bodies, startUpstream } from '../upstream.ts';
import { nothing, observeLoads } from './observe-load.ts';
import type { ObserveLoad } from './observe-load.ts';
import type { ObserveCell, ObserveResult } from './observe-result.ts';

const routes = 1000;
const connections = 64;
const requestedRoutes = Array.from({ length: 20 }, (_, index) => index * 50 + 7);

/** What the gateways of a run work with. */
interface Surroundings {
  readonly lab: Lab;
  readonly upstreamPort: number;
  /** Takes the traces of all of them. */
  readonly sinkUrl: string;
}

/** A gateway that is measured under a load. */
interface Observer {
  readonly load: ObserveLoad;
  readonly server: Server;
  readonly requests: string;
  readonly metricsUrl: string;
  readonly logFile: string;
}

/**
 * Measures what observing adds to a request. All loads take turns within a round, each with a gateway of its own that is
 * started for the round: what the machine does meanwhile, and what is chance in a process, hits all of them alike.
 */
export async function measureObserved(
  lab: Lab,
  { rounds, seconds, warmUpSeconds, observe = {} }: Options,
  progress: (line: string) => void,
): Promise<ObserveResult> {
  const machine = machineFacts();
  const loads = wantedLoads(observe.only);
  const upstream = await startUpstream(lab);
  const around = { lab, upstreamPort: upstream.port, sinkUrl: await startSink(lab) };
  const samples = new Map<string, Sample[]>(loads.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % loads.length;
    for (const load of [...loads.slice(first), ...loads.slice(0, first)]) {
      const sample = await sampleLoad(around, load, { seconds, warmUpSeconds });
      samples.get(load.id)?.push(sample);
      progress(`round ${round + 1}/${rounds}  ${load.id.padEnd(11)} ${describeSample(sample)}`);
    }
  }
  return { machine, rounds, seconds, observed: loads.map((load) => cellOf(load, samples)) };
}

/** The gateway that observes nothing is always among them. */
function wantedLoads(only: readonly string[] | undefined): readonly ObserveLoad[] {
  if (only === undefined) return observeLoads;
  const ids = observeLoads.map(({ id }) => id);
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`--only: unknown ${unknown.join(', ')}; there are ${ids.join(', ')}`);
  return observeLoads.filter(({ id }) => id === nothing || only.includes(id));
}

async function startSink(lab: Lab): Promise<string> {
  const port = await freePort();
  const args = [join(import.meta.dirname, 'otlp-sink.ts'), String(port)];
  await lab.start({ name: 'otlp-sink', command: process.execPath, args, port, core: lab.loadCore });
  return `http://127.0.0.1:${port}`;
}

async function sampleLoad(
  around: Surroundings,
  load: ObserveLoad,
  times: Parameters<typeof sampleOf>[3],
): Promise<Sample> {
  const observer = await start(around, load);
  await verify(observer);
  const tracedBefore = await tracedBytes(around);
  const { server, requests, metricsUrl } = observer;
  const stop = load.isScraped === true ? scrape(metricsUrl) : () => {};
  const sample = await sampleOf(around.lab, server, { port: server.port, requests, connections }, times).finally(stop);
  await verifyCounted(observer);
  await server.stop();
  verifyLogged(observer);
  if (load.traced !== undefined && (await tracedBytes(around)) === tracedBefore) {
    throw new Error(`${load.title}: nothing was exported`);
  }
  return sample;
}

async function start({ lab, upstreamPort, sinkUrl }: Surroundings, load: ObserveLoad): Promise<Observer> {
  const { id, logged, traced } = load;
  const logFile = join(lab.folder, `${id}.access.log`);
  const server = await startSluiceWith(lab, {
    upstreamPort,
    workers: 1,
    routes,
    role: 'gateway',
    format: 'json',
    ...(logged !== undefined && { proxySettings: { accessLog: { sample: logged, file: logFile } } }),
    ...(traced !== undefined && { settings: { tracing: { otlpUrl: sinkUrl, sampleRate: traced } } }),
  });
  const all = requestedRoutes.map((index) => browserRequest(server.port, `${routePrefix(index)}/1k`));
  const requests = lab.write(`requests-${id}`, requestFile(all));
  return { load, server, requests, metricsUrl: `http://127.0.0.1:${server.managementPort}/metrics`, logFile };
}

/** Reads the metrics each second, as Prometheus would at its most eager; returns what ends that. */
function scrape(url: string): () => void {
  const timer = setInterval(() => void read(url).catch(() => undefined), 1_000);
  return () => clearInterval(timer);
}

async function read(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** A fast refusal is worth nothing: the upstream must answer. */
async function verify({ load, server }: Observer): Promise<void> {
  const connection = await Connection.open(server.port);
  const { status, body } = await connection.request(browserRequest(server.port, `${routePrefix(0)}/1k`));
  connection.close();
  if (status !== 200 || body !== bodies['1k']) {
    throw new Error(`${load.title}: answered ${status} ${body.slice(0, 200)}`);
  }
}

async function verifyCounted({ load, metricsUrl }: Observer): Promise<void> {
  const counted = /^api_gateway_requests_total\{.*\} [1-9]/m.test(await read(metricsUrl));
  if (!counted) throw new Error(`${load.title}: ${metricsUrl} counts no requests`);
}

/** The log of all requests would fill the disk within a few rounds. */
function verifyLogged({ load, logFile }: Observer): void {
  if (load.logged === undefined) return;
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) === 0)
    throw new Error(`${load.title}: no line was logged`);
  rmSync(logFile);
}

async function tracedBytes({ sinkUrl }: Surroundings): Promise<number> {
  return (JSON.parse(await read(sinkUrl)) as { readonly bytes: number }).bytes;
}

/** Compared round by round: what the machine does meanwhile hits both alike. */
function cellOf({ id, title, limit }: ObserveLoad, samples: ReadonlyMap<string, readonly Sample[]>): ObserveCell {
  const own = samples.get(id) ?? [];
  const base = (round: number): number => samples.get(nothing)?.[round]?.cpuMicrosPerRequest ?? Number.NaN;
  const ratios = own.map(({ cpuMicrosPerRequest }, round) => cpuMicrosPerRequest / base(round));
  return {
    id,
    title,
    cpuMicrosPerRequest: median(own.map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest)),
    addedMicros: median(own.map(({ cpuMicrosPerRequest }, round) => cpuMicrosPerRequest - base(round))),
    ratioToNothing: median(ratios),
    ratioSpread: spread(ratios),
    requestsPerSecond: median(own.map(({ requestsPerSecond }) => requestsPerSecond)),
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
    rounds: own,
    ...(limit !== undefined && { limit }),
  };
}
