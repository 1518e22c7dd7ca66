/**
 * `npm run bench`: what a request costs through Sluice and through its peers, side by side, and the figures that the
 * project has set itself. Progress goes to stderr, the result to stdout and to `bench/results/`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from './lab.ts';
import type { Lab, Server } from './lab.ts';
import { machineFacts } from './machine.ts';
import { parseOptions, usage } from './options.ts';
import type { Options, PeerName } from './options.ts';
import { measurePolicies } from './policies/measure-policies.ts';
import { measureObserved } from './observe/measure-observe.ts';
import { observeFaults, renderObserved } from './observe/observe-report.ts';
import { policyFaults, renderPolicies } from './policies/policy-report.ts';
import { startFastify } from './peers/fastify.ts';
import { startHaproxy } from './peers/haproxy.ts';
import { startNginx } from './peers/nginx.ts';
import type { StartPeer } from './peers/peer.ts';
import { startSluice, startSluiceAlone } from './peers/sluice.ts';
import { runProbes } from './probes.ts';
import { renderReport } from './report.ts';
import { faultsOf } from './result.ts';
import type { Result } from './result.ts';
import { measureThroughput } from './throughput.ts';
import { startUpstream } from './upstream.ts';

const startPeer: Readonly<Record<PeerName, StartPeer>> = {
  sluice: startSluice,
  'sluice-alone': startSluiceAlone,
  nginx: startNginx,
  haproxy: startHaproxy,
  fastify: startFastify,
};

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

async function benchmark(lab: Lab, options: Options): Promise<Result> {
  const machine = machineFacts();
  if (lab.proxyCore === undefined) progress('only one core: nothing is pinned, and the figures mean little');
  const upstream = await startUpstream(lab);
  const peers = new Map<PeerName, Server>();
  for (const name of options.peers) peers.set(name, await startPeer[name](lab, upstream.port));

  const throughput = await measureThroughput(lab, peers, { ...options, progress });
  const found = await runProbes({ lab, upstream, peers, options, throughput, progress });
  for (const server of [...peers.values(), upstream]) await server.stop();
  return { machine, rounds: options.rounds, seconds: options.seconds, throughput, ...found };
}

/** What a run found, in its forms. */
interface Outcome {
  readonly result: object;
  readonly text: string;
  readonly faults: readonly string[];
  readonly file: string;
}

async function run(lab: Lab, options: Options): Promise<Outcome> {
  if (options.policies !== undefined) {
    const result = await measurePolicies(lab, options, progress);
    return { result, text: renderPolicies(result), faults: policyFaults(result), file: fileOf('policies', options) };
  }
  if (options.observe !== undefined) {
    const result = await measureObserved(lab, options, progress);
    return { result, text: renderObserved(result), faults: observeFaults(result), file: fileOf('observe', options) };
  }
  const result = await benchmark(lab, options);
  return { result, text: renderReport(result), faults: faultsOf(result), file: fileOf('latest', options) };
}

/** Only a whole run becomes the result that is kept and compared; any other is left beside it for a look. */
function fileOf(kept: string, { whole }: Options): string {
  return `${whole ? kept : 'partial'}.json`;
}

function save({ result, file }: Outcome): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), `${JSON.stringify(result, null, 2)}\n`);
}

const options = readOptions();
const lab = createLab();
try {
  const outcome = await run(lab, options);
  save(outcome);
  const { result, text, faults } = outcome;
  console.log(options.json ? JSON.stringify(result, null, 2) : `\n${text}`);
  for (const fault of faults) console.error(`FAULT ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`benchmark: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  lab.close();
}
