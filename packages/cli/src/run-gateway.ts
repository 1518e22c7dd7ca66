import type { Gateway, GatewayOptions, ListenAddress } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import { createManagementServer, lifecycle, PortTakenError } from '@sluice/service';
import type { ConfigProblem, Logger, ManagementServer, Override } from '@sluice/service';
import type { Arguments, Context } from './command.ts';
import { loadConfig } from './config-file.ts';
import type { ConfigOrigin } from './config-file.ts';
import { startDemo } from './demo-session.ts';
import type { DemoSession } from './demo-session.ts';
import { portTakenText } from './port-taken-text.ts';
import { counted, problemLines } from './problem-lines.ts';
import { startReport } from './start-report.ts';
import { styleFor } from './style.ts';
import { version } from './version.ts';

/** How `sluice start` was called. */
export interface RunOptions {
  readonly file: string | undefined;
  readonly demo: boolean;
  readonly flags: readonly Override[];
  readonly log: Logger;
  readonly args: Arguments;
}

/** Starts the gateway and stays until a signal ends the process; resolves (with the exit code) only if it cannot start. */
export async function runGateway(options: RunOptions, context: Context): Promise<number> {
  // A reload or a log rotation that comes before there is anything to reload must not end the process.
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});

  // 1. The demo backends, whose addresses the demo configuration needs.
  const demo = options.demo ? await startDemo(options.log) : undefined;
  const origin: ConfigOrigin = { file: options.file, base: demo?.config, flags: options.flags };

  // 2. The configuration with all its layers.
  const loaded = await loadConfig(origin, context);
  if (!loaded.ok) return giveUp(loaded.problems, demo, context);

  // 3. The gateway itself.
  let started: Started | undefined;
  try {
    started = await tryStart(loaded, options, context);
  } finally {
    // The thread of the demo backends would keep the process alive.
    if (started === undefined) await demo?.close();
  }
  if (started === undefined) return 1;

  // 4. What changes it, and what ends it.
  await stayUp({ ...started, origin, demo, config: loaded.config }, options, context);
  return new Promise<never>(() => {});
}

async function giveUp(problems: readonly ConfigProblem[], demo: DemoSession | undefined, context: Context) {
  await demo?.close();
  return refuse(problems, context);
}

function refuse(problems: readonly ConfigProblem[], context: Context): number {
  const style = styleFor(context.stderr, context.env);
  const lines = problemLines(problems, style).join('\n');
  context.stderr.write(
    `${lines}\n${style.red('not started')}  ${counted(problems.length, 'problem')} in the configuration\n`,
  );
  return 1;
}

type Loaded = Extract<Awaited<ReturnType<typeof loadConfig>>, { ok: true }>;

/** The gateway, and the management port that tells of it. */
interface Started {
  readonly gateway: Gateway;
  readonly management: ManagementServer & { readonly address: ListenAddress };
}

/** The running gateway, or undefined once the reason why not has been printed. */
async function tryStart(
  { config, locate }: Loaded,
  options: RunOptions,
  context: Context,
): Promise<Started | undefined> {
  // Loaded only now: the other commands need neither the engine nor its start-up time.
  const { RefusedError, startGateway } = await import('@sluice/gateway');
  try {
    return await startBoth(config, options.log, startGateway);
  } catch (error) {
    if (error instanceof PortTakenError) {
      context.stderr.write(portTakenText(error, { file: options.file, env: context.env }));
      return undefined;
    }
    if (error instanceof RefusedError) {
      refuse(
        error.problems.map((problem) => locate(problem)),
        context,
      );
      return undefined;
    }
    throw error;
  }
}

/** Opens the management port before the gateway's doors: who asks is told that it is not ready yet. */
async function startBoth(
  config: GatewayConfig,
  log: Logger,
  startGateway: (options: GatewayOptions) => Promise<Gateway>,
): Promise<Started> {
  const { host, port } = config.management;
  const onError = (error: Error): void =>
    log.error('a management request failed', { reason: error.stack ?? error.message });
  let management: Started['management'] | undefined;
  const opening = async ({ facts }: Gateway): Promise<void> => {
    const server = createManagementServer({ host, port, facts, onError });
    management = { ...server, address: { host, port: await server.listen() } };
  };
  try {
    const gateway = await startGateway({ config, log, version, opening });
    return { gateway, management: management! };
  } catch (error) {
    await management?.close();
    throw error;
  }
}

interface Running extends Started {
  readonly origin: ConfigOrigin;
  readonly demo: DemoSession | undefined;
  readonly config: GatewayConfig;
}

async function stayUp(running: Running, { log, args }: RunOptions, context: Context): Promise<void> {
  const { watchConfigSource } = await import('@sluice/gateway');
  const { gateway, management, origin, demo } = running;
  let drainMs = running.config.proxy.timeouts.drain;
  const source = watchConfigSource({
    load: () => loadConfig(origin, context),
    apply: async (config) => {
      const applied = await gateway.apply(config);
      drainMs = config.proxy.timeouts.drain;
      return applied;
    },
    refuse: (problems) => gateway.refuse(problems),
    log,
  });
  // Log rotation: the file was moved away and is opened anew by its name.
  process.on('SIGUSR2', () => {
    gateway.reopenLogs();
    log.info('access log is opened anew', { signal: 'SIGUSR2' });
  });
  lifecycle({
    log,
    drainMs: () => drainMs,
    onReload: () => source.reload('SIGHUP'),
    onDrain: async () => {
      await source.close();
      await gateway.close({ drainMs });
      await management.close();
      await demo?.close();
    },
  });
  const addresses = { ...gateway.addresses, management: management.address };
  startReport(
    {
      gateway: { addresses, revision: gateway.revision },
      demo,
      config: running.config,
      file: origin.file,
      json: args.flags['json'] === true,
      log,
    },
    context,
  );
}
