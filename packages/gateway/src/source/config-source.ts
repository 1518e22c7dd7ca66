import { countProblems, formatPath } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { formatSource } from '@sluice/service';
import type { ConfigProblem, LayersResult, Logger } from '@sluice/service';
import { messageOf } from '@sluice/service/caught-error';

/** What became of a configuration that was applied. */
export interface Applied {
  readonly changed: boolean;
  readonly revision: number;
  /** Keys whose change takes effect only after a restart, such as `proxy.port`. */
  readonly restartNeeded?: readonly string[];
  /** A change is on trial, or a trial has ended. Whoever runs the trial logs it. */
  readonly isTrial?: boolean | undefined;
}

/** A configuration that was read, and where each of its parts stands. */
export type LoadedConfig = Extract<LayersResult<GatewayConfig>, { readonly ok: true }>;

/** Where a changing configuration comes from and goes to. */
export interface ConfigSourceOptions {
  /** Reads all layers. Bad input is a result; a rejection is a bug, and refused like bad input. */
  readonly load: () => Promise<LayersResult<GatewayConfig>>;
  /** Makes it live; rejects, with `problems` when it has any, if it cannot. */
  readonly apply: (config: GatewayConfig, loaded: LoadedConfig) => Promise<Applied>;
  /** Told of every configuration that was refused, so that it is counted and shown in /health. */
  readonly refuse: (problems: readonly ConfigProblem[]) => void;
  readonly log: Logger;
}

/** Carries configurations to the gateway, one at a time; the last good one stays when the next is bad. */
export interface ConfigSource {
  /** Loads and applies; calls during a load are served by one more load after it. Never rejects. */
  reload(reason: string): Promise<void>;
  /** Waits for a load that runs; later calls do nothing. */
  close(): Promise<void>;
}

/** The reason given for the reload that follows the start by itself; nobody waits for its outcome. */
export const firstLook = 'watch began';

/** A source whose `reload` is to be called whenever there may be something new. */
export function createConfigSource(options: ConfigSourceOptions): ConfigSource {
  let running: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let closed = false;

  const start = (reason: string): Promise<void> => {
    if (closed) return Promise.resolve();
    running = reloadOnce(options, reason).finally(() => {
      running = undefined;
    });
    return running;
  };
  const follow = async (reason: string): Promise<void> => {
    await running;
    following = undefined;
    await start(reason);
  };
  return {
    reload(reason) {
      // A load that began before the call may have read the old content: one more follows, and one is enough.
      if (running === undefined) return start(reason);
      following ??= follow(reason);
      return following;
    },
    async close() {
      closed = true;
      await (following ?? running);
    },
  };
}

async function reloadOnce({ load, apply, refuse, log }: ConfigSourceOptions, reason: string): Promise<void> {
  const began = performance.now();
  const loaded = await load().catch((error: unknown) => ({ ok: false as const, problems: problemsOf(error) }));
  if (!loaded.ok) {
    refuseLoudly(loaded.problems, refuse, log);
    return;
  }
  try {
    const applied = await apply(loaded.config, loaded);
    report(applied, { reason, ms: Math.round(performance.now() - began) }, log);
    if (applied.changed) warnOf(loaded.warnings, log);
  } catch (error) {
    const problems = problemsOf(error).map((problem) => loaded.locate(problem));
    refuseLoudly(problems, refuse, log);
  }
}

function report(applied: Applied, { reason, ms }: { reason: string; ms: number }, log: Logger): void {
  const { changed, revision, restartNeeded = [], isTrial = false } = applied;
  if (changed) log.info('configuration is live', { revision, reason, ms });
  else if (reason === firstLook) log.debug('configuration is unchanged', { revision, reason });
  else if (!isTrial) log.info('configuration is unchanged', { revision, reason });
  if (restartNeeded.length > 0) {
    log.warn('some changes take effect only after a restart', { keys: restartNeeded.join(', ') });
  }
}

function refuseLoudly(problems: readonly ConfigProblem[], refuse: ConfigSourceOptions['refuse'], log: Logger): void {
  refuse(problems);
  log.error('configuration refused; the last good one stays in use', { problems: countProblems(problems) });
  for (const problem of problems) log.error(lineOf(problem));
}

/** Says what a configuration allows, but hardly means: a line each. */
export function warnOf(warnings: readonly ConfigProblem[], log: Logger): void {
  for (const warning of warnings) log.warn(lineOf(warning));
}

function lineOf(problem: ConfigProblem): string {
  const path = problem.path.length === 0 ? '' : formatPath(problem.path);
  return [formatSource(problem), path, problem.message].filter((part) => part !== '').join('  ');
}

/** What a failed `apply` says; errors of the gateway carry problems with paths (a certificate that cannot be read). */
function problemsOf(error: unknown): readonly ConfigProblem[] {
  if (error instanceof Error && 'problems' in error && Array.isArray(error.problems) && error.problems.length > 0) {
    return error.problems as ConfigProblem[];
  }
  return [{ path: [], message: messageOf(error) }];
}
