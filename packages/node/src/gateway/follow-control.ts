import type { Gateway } from '@sluice/gateway';
import { formatPath } from '@sluice/model';
import type { ControlConnection, GatewayConfig, NodeReport, Problem } from '@sluice/model';
import type { Logger, LogLevels } from '@sluice/service';
import { messageOf } from '@sluice/service/caught-error';
import { createNodeAgent } from '../agent/node-agent.ts';
import type { NodeAgent, NodeAgentOptions } from '../agent/node-agent.ts';
import type { NodeIdentity } from '../agent/node-status.ts';
import type { ApplyOutcome } from '../configuration/applied-configuration.ts';
import type { GatewayRunner } from './gateway-runner.ts';
import { KeyUses } from './key-uses.ts';
import { StatusReader } from './status-reader.ts';

export interface FollowOptions {
  readonly runner: GatewayRunner;
  readonly control: ControlConnection;
  readonly bus?: NodeAgentOptions['bus'];
  readonly onAnnouncementKey?: NodeAgentOptions['onAnnouncementKey'];
  readonly identity: NodeIdentity;
  readonly config: GatewayConfig;
  /** The node runs the routes of its own file: it reports, and takes nothing from control before `takeRoutes()`. */
  readonly ownsRoutes: boolean;
  readonly log: Logger;
  /** The level of that log, which control may change. */
  readonly logLevels: LogLevels;
}

export interface FollowingNode {
  /** Resolves when the gateway runs its first configuration. Rejects when it cannot be started at all. */
  readonly started: Promise<Gateway>;
  readonly agent: NodeAgent;
  /** The file has let go of the routes: from now on, the node runs those of control. */
  takeRoutes(): void;
  /** Reports that the node finishes its requests and ends. */
  drain(): void;
  close(): Promise<void>;
}

/** Makes the gateway of this process run the configuration of control, and reports to control. */
export function followControl(options: FollowOptions): FollowingNode {
  const { runner, control, bus, onAnnouncementKey, identity, config, ownsRoutes, log, logLevels } = options;
  const status = new StatusReader(() => runner.gateway);
  const uses = new KeyUses(() => runner.gateway?.consumers);
  const first = Promise.withResolvers<Gateway>();
  first.promise.catch(() => {});
  // It runs a file already: its own, or until the store comes.
  if (runner.gateway !== undefined) first.resolve(runner.gateway);
  const agent = createNodeAgent({
    node: identity,
    control,
    bus,
    onAnnouncementKey,
    log,
    // A store in memory is meant to leave nothing on disk.
    snapshotFile: config.store.url.startsWith('memory:') ? undefined : config.node.snapshotFile,
    status: () => status.read(),
    splits: () => runner.gateway?.status.splits() ?? [],
    keyUses: () => uses.take(),
    faults: () => runner.gateway?.status.faults() ?? [],
    checkHealth: async (backendIds) => void (await runner.gateway?.checkHealth(backendIds)),
    setLogLevel: (level, until) => logLevels.ask(level, until),
    logLevel: () => reportedLevel(logLevels),
    standAside(isWanted) {
      status.standAside(isWanted);
      runner.gateway?.standAside(isWanted);
    },
    ...(ownsRoutes && { ownRevision: () => runner.gateway?.revision ?? 0 }),
    async apply({ routes, revision }) {
      const next = { routes, revision };
      if (runner.gateway === undefined) return startFirst(() => runner.start(next), first);
      const outcome = await attempt(() => runner.applyRoutes(next));
      if (outcome.ok) log.info('revision is live', { revision, routes: routes.length });
      return outcome;
    },
  });
  void agent.start();
  return {
    started: first.promise,
    agent,
    takeRoutes: () => agent.follow(),
    drain() {
      status.drain();
      agent.report();
    },
    close: () => agent.close(),
  };
}

function reportedLevel({ asked, until }: LogLevels): NodeReport['logLevel'] {
  return asked && { level: asked, ...(until !== undefined && { until: new Date(until).toISOString() }) };
}

/** A gateway that cannot start at all, for instance because a port is taken, ends the process. A refused configuration does not. */
async function startFirst(start: () => Promise<Gateway>, first: PromiseWithResolvers<Gateway>): Promise<ApplyOutcome> {
  try {
    first.resolve(await start());
    return { ok: true };
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === undefined) first.reject(error);
    return { ok: false, problems: problems ?? [messageOf(error)] };
  }
}

async function attempt(apply: () => Promise<unknown>): Promise<ApplyOutcome> {
  try {
    await apply();
    return { ok: true };
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === undefined) throw error;
    return { ok: false, problems };
  }
}

/** The problems of a RefusedError; undefined for every other error. */
function problemsOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Error) || error.name !== 'RefusedError' || !('problems' in error)) return undefined;
  return (error.problems as readonly Problem[]).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}
