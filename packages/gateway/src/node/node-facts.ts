import { renderMetrics, type HealthReport, type ManagementFacts, type Readiness } from '../observe/index.ts';
import { createNodeClock, readTelemetry, type NodeMemory, type NodeState } from '../state/index.ts';
import type { Planner } from './planner.ts';
import type { WorkerSet } from './worker-set.ts';

/** What the facts of a node are taken from. */
export interface FactSources {
  readonly memory: NodeMemory;
  readonly state: NodeState;
  readonly planner: Planner;
  readonly workers: WorkerSet;
  readonly version: string;
}

/** Where the node is in its life. */
export interface NodeStanding {
  readonly revision: number;
  readonly refusals: number;
  readonly lastRefusal: { readonly at: string; readonly message: string } | undefined;
  readonly started: boolean;
  readonly closing: boolean;
  readonly restartNeeded: readonly string[];
}

/** What the management port tells of a node, worked out when it is asked. */
export function nodeFacts(sources: FactSources, standing: () => NodeStanding): ManagementFacts {
  const clock = createNodeClock(sources.memory);
  return {
    version: sources.version,
    ready: () => readiness(sources, standing()),
    health: () => health(sources, standing()),
    metrics: () => metrics(sources, standing(), clock()),
  };
}

function readiness({ workers }: FactSources, { started, closing }: NodeStanding): Readiness {
  if (closing) return { ready: false, reason: 'the gateway is shutting down' };
  if (!started) return { ready: false, reason: 'no configuration is live yet' };
  // While one worker is being replaced the others serve all there is.
  return workers.running > 0 ? { ready: true } : { ready: false, reason: 'no worker is running' };
}

function health({ workers, memory }: FactSources, standing: NodeStanding): HealthReport {
  const { running } = workers;
  const { revision, lastRefusal, closing, restartNeeded } = standing;
  const whole = running === memory.workers && lastRefusal === undefined && !closing;
  return {
    status: running === 0 ? 'unhealthy' : whole ? 'healthy' : 'degraded',
    revision,
    workers: { running, configured: memory.workers },
    ...(lastRefusal !== undefined && { lastRefusal }),
    ...(restartNeeded.length > 0 && { restartNeeded }),
  };
}

function metrics({ memory, state, planner, workers }: FactSources, standing: NodeStanding, now: number): string {
  const { user, system } = process.cpuUsage();
  return renderMetrics({
    telemetry: readTelemetry(memory),
    state,
    now,
    routes: planner.measured(),
    workers: memory.workers,
    revision: standing.revision,
    configRefusals: standing.refusals,
    workerRestarts: workers.restarts,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  });
}
