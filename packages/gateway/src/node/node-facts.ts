import type { HealthReport, ManagementFacts, Readiness } from '@sluice/service';
import { renderMetrics } from '../observe/index.ts';
import { createNodeClock, readTelemetry, type NodeMemory, type NodeState } from '../state/index.ts';
import type { Planner } from './planner.ts';
import type { WorkerSet } from './worker-set.ts';

/** How a node is. */
export interface NodeHealth extends HealthReport {
  readonly revision: number;
  readonly workers: { readonly running: number; readonly configured: number };
  /** The last configuration that was refused, if nothing better came since. */
  readonly lastRefusal?: { readonly at: string; readonly message: string } | undefined;
  /** Keys that were changed since the start and take effect with the next one. */
  readonly restartNeeded?: readonly string[] | undefined;
}

/** What a node tells of itself, worked out when it is asked. */
export interface GatewayFacts extends ManagementFacts {
  health(): NodeHealth;
}

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

/** The facts of a node. */
export function nodeFacts(sources: FactSources, standing: () => NodeStanding): GatewayFacts {
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

function health({ workers, memory }: FactSources, standing: NodeStanding): NodeHealth {
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
