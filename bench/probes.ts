import type { Lab, Server } from './lab.ts';
import { runWrk, requestFile } from './load/wrk.ts';
import { browserRequest } from './load/browser-request.ts';
import type { Options, PeerName, ProbeName } from './options.ts';
import { routePrefix } from './peers/sluice-config.ts';
import { startSluiceWith } from './peers/sluice.ts';
import { measureAddedLatency } from './probes/added-latency.ts';
import type { AddedLatency } from './probes/added-latency.ts';
import { measureFileChange } from './probes/file-change.ts';
import type { FileChange } from './probes/file-change.ts';
import { measureMemory } from './probes/memory.ts';
import type { Memory } from './probes/memory.ts';
import { measureScale } from './probes/scale.ts';
import type { Scale } from './probes/scale.ts';
import { measureSwaps } from './probes/swaps.ts';
import type { Swaps } from './probes/swaps.ts';
import { treeUsage } from './process-tree.ts';
import type { Result } from './result.ts';
import type { Cell } from './throughput.ts';

export interface ProbeContext {
  readonly lab: Lab;
  readonly upstream: Server;
  readonly peers: ReadonlyMap<PeerName, Server>;
  readonly options: Options;
  readonly throughput: readonly Cell[];
  progress(line: string): void;
}

type Found = Pick<Result, 'latency' | 'memory' | 'fileChange' | 'swaps' | 'scale'>;

/** Runs the wanted probes one after the other; each that needs another setup starts a Sluice of its own. */
export async function runProbes(context: ProbeContext): Promise<Found> {
  const run = async <T>(name: ProbeName, probe: (context: ProbeContext) => Promise<T>): Promise<T | undefined> => {
    if (!context.options.probes.includes(name)) return undefined;
    context.progress(`probe ${name}`);
    return probe(context);
  };
  const found = {
    latency: await run('latency', latency),
    memory: await run('memory', memory),
    fileChange: await run('change', fileChange),
    swaps: await run('swaps', swaps),
    scale: await run('scale', scale),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** At half of what Sluice does at most; nginx at the same rate shows what of it is the detour itself. */
async function latency(context: ProbeContext): Promise<AddedLatency> {
  const { options, peers, upstream } = context;
  const proxies = (['sluice', 'nginx'] as const).flatMap((name) => peers.get(name) ?? []);
  const rate = Math.floor((await maximumRate(context)) / 2);
  const seconds = options.quick ? 2 : 8;
  return measureAddedLatency(upstream, proxies, { rate, seconds, rounds: options.rounds });
}

async function maximumRate({ lab, peers, throughput }: ProbeContext): Promise<number> {
  const cell = throughput.find(({ peer, caseId }) => peer === 'sluice' && caseId === '1k-64');
  if (cell) return cell.requestsPerSecond;
  const port = peers.get('sluice')?.port ?? 0;
  const requests = lab.write('requests', requestFile([browserRequest(port, `${routePrefix(7)}/1k`)]));
  const { requests: count, seconds } = await runWrk({
    port,
    connections: 64,
    seconds: 4,
    requests,
    core: lab.loadCore,
  });
  return count / seconds;
}

async function memory({ lab, upstream, options }: ProbeContext): Promise<Memory> {
  const server = await startSluiceWith(lab, { upstreamPort: upstream.port, workers: 2, routes: 1000 });
  const found = await measureMemory(server, 10_000, options.quick ? 6_000 : 10_000);
  await server.stop();
  return found;
}

async function fileChange({ lab, upstream, options }: ProbeContext): Promise<FileChange[]> {
  const found: FileChange[] = [];
  for (const routes of [10, 1000]) {
    // As it runs in earnest: two workers and the main thread have both cores, shared with the clients that ask.
    const settings = { upstreamPort: upstream.port, workers: 2, routes, generation: 0 };
    const server = await startSluiceWith(lab, settings, lab.bothCores);
    found.push(await measureFileChange(server, routes, options.quick ? 6 : 20));
    await server.stop();
  }
  return found;
}

async function swaps({ lab, upstream, options }: ProbeContext): Promise<Swaps> {
  const server = await startSluiceWith(lab, { upstreamPort: upstream.port, workers: 2, routes: 50, generation: 0 });
  const found = await measureSwaps(server, options.quick ? 100 : 1000);
  await server.stop();
  return found;
}

/** As large as the project wants to be good at; smaller when it is only to be shown that it works. */
async function scale({ lab, upstream, options }: ProbeContext): Promise<Scale> {
  const password = 'only for this benchmark';
  const settings = { upstreamPort: upstream.port, workers: 2, routes: 0, apiPassword: password };
  const server = await startSluiceWith(lab, settings, lab.bothCores);
  const size = options.quick ? { routes: 500, changes: 10 } : { routes: 10_000, changes: 100 };
  const { managementPort } = server;
  const found = await measureScale(server, {
    ...size,
    managementPort,
    upstreamPort: upstream.port,
    password,
    backendsPerRoute: 10,
  });
  const residentBytes = treeUsage(server.pid).rssBytes;
  await server.stop();
  return { ...found, residentBytes };
}
