import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProcess, ManagementApi, startLoad, until } from '../kit/index.ts';
import type { LastingProcess, Load } from '../kit/index.ts';
import { startVersionBackends, testerHeader } from './backends.ts';
import type { VersionBackends } from './backends.ts';
import { Deployer } from './deployer.ts';
import { testers } from './settings.ts';

/** The deployments that are disturbed. */
export const scenarioNames = ['good', 'bad'] as const;

/** A candidate that is well, or one that fails every request. */
export type ScenarioName = (typeof scenarioNames)[number];

/** At which commit that writes a deployment the process dies, and when. */
export interface KillWay {
  /** As kill-at-commit.ts names it. */
  readonly at: string;
  readonly when: 'before' | 'after';
}

/** What came of a run. */
export interface KillRun {
  /** What each commit of the first life kept, in order. */
  readonly commits: readonly string[];
  /** The process died as it was told; false when the deployment had fewer commits. */
  readonly wasKilled: boolean;
  /** What may not depend on any of that. */
  readonly outcome: {
    readonly status: string;
    readonly phases: readonly string[];
    readonly events: readonly string[];
    readonly route: Readonly<Record<string, unknown>>;
    readonly wrong: readonly string[];
  };
}

/** Runs deployments over and over, each in a process and a store of its own. */
export interface KillDriver {
  run(scenario: ScenarioName, way?: KillWay): Promise<KillRun>;
  close(): Promise<void>;
}

const password = 'correct horse battery staple';
const killer = new URL('./kill-at-commit.ts', import.meta.url).href;
const analysis = { interval: '200ms', minRequests: 5, errorRateIncrease: 0.4, dryRun: ['latency'], maxWait: '1m' };
const phasesOf = (...shares: number[]) => shares.map((trafficPercentage) => ({ trafficPercentage, duration: '250ms' }));
const settings: Record<ScenarioName, object> = {
  good: { phases: phasesOf(0, 30, 70, 100), testers, analysis },
  // Without testers it fails where it gets traffic first, whatever happens before.
  bad: { phases: phasesOf(0, 50, 100), analysis },
};

/** Prepares a store that has the routes and the first user, which every run begins with. */
export async function createKillDriver(): Promise<KillDriver> {
  const backends = await startVersionBackends();
  backends.fail('bad', 1);
  const template = await createKillProcess();
  await template.start();
  const api = new ManagementApi({ controls: [template], password });
  await new Deployer(api, backends).addRoutes(...scenarioNames);
  // A new route is a deployment as well: what it has still to write would be the first commits of the runs.
  await until('the routes to be there', async () => {
    const { body } = await api.acknowledged('GET', '/gateway/deployments?limit=100');
    const { deployments } = JSON.parse(body) as { deployments: readonly { readonly status: string }[] };
    return deployments.every(({ status }) => status === 'Completed');
  });
  await template.stop();
  return {
    async run(scenario, way) {
      const process = await createKillProcess();
      try {
        await cp(join(template.folder, '.sluice'), join(process.folder, '.sluice'), { recursive: true });
        return await runOnce(process, { scenario, way, backends });
      } finally {
        await process.remove();
      }
    },
    async close() {
      await template.remove();
      await backends.close();
    },
  };
}

function createKillProcess(): Promise<LastingProcess> {
  const config = { access: { limitFactor: 0 }, proxy: { workers: 1 } };
  return createProcess({ name: 'killed', role: 'all', config, env: { SLUICE_ADMIN_PASSWORD: password } });
}

interface RunParts {
  readonly scenario: ScenarioName;
  readonly way: KillWay | undefined;
  readonly backends: VersionBackends;
}

async function runOnce(process: LastingProcess, { scenario, way, backends }: RunParts): Promise<KillRun> {
  const notes = join(process.folder, 'commits.txt');
  const wish = way && { KILL_AT: way.at, KILL_WHEN: way.when };
  await process.start({ NODE_OPTIONS: `--import=${killer}`, KILL_NOTES: notes, ...wish });
  const revival = reviveOnce(process);
  const load = loadOn(process, scenario);
  try {
    const outcome = await outcomeOf(new ManagementApi({ controls: [process], password }), { scenario, backends });
    await load.stop();
    const commits = (await readFile(notes, 'utf8')).trimEnd().split('\n');
    // While there was no process nobody could answer.
    const wrong = load.wrong.filter((one) => !/ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|aborted/.test(one));
    // It has died, or is about to: the last commits may come when the outcome is known.
    if (way !== undefined && commits.includes(way.at)) await revival.begun;
    return { commits, wasKilled: await revival.end(), outcome: { ...outcome, wrong } };
  } finally {
    await load.stop();
    await revival.end();
  }
}

/** Starts the process again when it has died. `end` says whether that was so. */
function reviveOnce(process: LastingProcess): { readonly begun: Promise<void>; end(): Promise<boolean> } {
  let isOver = false;
  let wasKilled = false;
  const ended = process.ended();
  const revival = ended.then(async () => {
    if (isOver) return;
    wasKilled = true;
    await process.start();
  });
  return {
    begun: ended,
    end: async () => {
      isOver = true;
      if (wasKilled) await revival;
      return wasKilled;
    },
  };
}

function loadOn(process: LastingProcess, scenario: ScenarioName): Load {
  const candidateStatus = scenario === 'bad' ? 500 : 200;
  return startLoad({
    port: process.proxyPort,
    connections: 4,
    rate: 120,
    request: (index) => ({ path: `/${scenario}/x`, headers: index % 10 === 0 ? testerHeader : {} }),
    judge: ({ status, body }) => {
      const isRight = (body === 'stable' && status === 200) || (body === 'candidate' && status === candidateStatus);
      return isRight ? undefined : `${status} ${body}`;
    },
  });
}

async function outcomeOf(api: ManagementApi, { scenario, backends }: Omit<RunParts, 'way'>) {
  const deployer = new Deployer(api, backends);
  // Whoever is told nothing asks again: the key sees to it that there is one deployment.
  const key = { 'idempotency-key': `kill-driver-${scenario}` };
  const body = deployer.requestFor(scenario, settings[scenario]);
  const created = await api.acknowledged('POST', '/gateway/deployments', body, key);
  const { deploymentId } = JSON.parse(created.body) as { deploymentId: string };
  const ended = await deployer.whenEnded(deploymentId);
  const events = await deployer.events(deploymentId);
  const route = JSON.parse((await api.acknowledged('GET', `/gateway/routes/${scenario}`)).body) as object;
  const all = await deployer.list(scenario);
  return {
    status: `${ended.status}, of ${all.length}`,
    phases: ended.phases.map(({ name, status }) => `${name} ${status}`),
    // Looks and waits are not steps.
    events: events.map(({ kind }) => kind).filter((kind) => !['verdict', 'waiting'].includes(kind)),
    route: withoutMoments(route),
  };
}

const moments = new Set(['revision', 'createdAt', 'updatedAt', 'statistics', 'healthStatus']);

/** Without what says when or how often. */
function withoutMoments(route: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(route).filter(([name]) => !moments.has(name)));
}
