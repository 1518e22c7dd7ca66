import { existsSync } from 'node:fs';
import type { ControlPlane, ControlSession } from '@sluice/control';
import type { Bus } from '@sluice/control/bus';
import type { Applied, ConfigSource, Gateway } from '@sluice/gateway';
import type { GatewayConfig, NodeConnection } from '@sluice/model';
import { ConsumerFollower, FileRoutes, followControl, GatewayRunner, nodeIdentity, processStatus } from '@sluice/node';
import type { FileConfig, FollowingNode, FollowOptions } from '@sluice/node';
import { createManagementServer, lifecycle } from '@sluice/service';
import type { FilesWatch, Logger, ManagementServer, Override, ProcessLog } from '@sluice/service';
import type { Arguments, Context } from '../command/command.ts';
import { loadConfig } from '../config/load-config.ts';
import type { ConfigOrigin } from '../config/load-config.ts';
import { CommandFailure } from '../command/command.ts';
import { findRunningDemo } from '../session/demo-file.ts';
import { startDemo } from '../demo/start-demo.ts';
import type { Demo } from '../demo/start-demo.ts';
import { probePlaces } from '../config/places-to-listen.ts';
import { handOver } from './hand-over.ts';
import { knownSecrets } from './known-secrets.ts';
import { reachableUrl } from './reachable-url.ts';
import { startReport } from './start-report.ts';
import { version } from '../command/version.ts';
import { endWithNpm } from './end-with-npm.ts';
import { openTelemetry } from './telemetry.ts';
import type { Telemetry } from './telemetry.ts';
import { followManagementTls, managementTls } from './management-tls.ts';
import { explainFailure, explainProblems } from './start-failure.ts';

/** How `sluice start` was called. */
export interface RunOptions {
  readonly file: string | undefined;
  readonly demo: boolean;
  readonly flags: readonly Override[];
  readonly log: ProcessLog;
  readonly args: Arguments;
}

type Loaded = Extract<Awaited<ReturnType<typeof loadConfig>>, { ok: true }>;

/** The parts of the process, as far as they are started. */
interface Parts {
  readonly origin: ConfigOrigin;
  /** What set the port of the proxy; undefined for the default. */
  readonly portFrom: string | undefined;
  readonly config: GatewayConfig;
  readonly demo: Demo | undefined;
  telemetry?: Telemetry;
  session?: ControlSession;
  runner?: GatewayRunner;
  files?: FileRoutes;
  node?: FollowingNode;
  /** Where a node without a control plane of its own hears of revisions. */
  bus?: Bus | undefined;
  control?: NodeConnection;
  /** Learns of the consumers of the control plane. */
  consumers?: ConsumerFollower;
  management?: ManagementServer;
  managementPort?: number;
  managementFiles?: FilesWatch;
  source?: ConfigSource;
  /** Who owns the routes now. */
  owner: GatewayConfig['routesOwner'];
  /** A signal is ending the process: failures from now on do not matter. */
  isStopping?: boolean;
}

/** Starts what the role asks for and stays until a signal ends the process; resolves (with the exit code) only if it cannot. */
export async function run(options: RunOptions, context: Context): Promise<number> {
  // A reload or a log rotation that comes before there is anything to reload must not end the process.
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});
  endWithNpm(context.env, () => process.kill(process.pid, 'SIGTERM'));

  if (options.demo) await refuseSecondDemo(context.cwd);

  // 1. The demo backends, whose addresses the demo configuration needs.
  const demo = options.demo ? await startDemo(options.log) : undefined;
  const origin: ConfigOrigin = { file: options.file, base: demo?.config, flags: options.flags };

  // 2. The configuration with all its layers.
  const loaded = await loadConfig(origin, context);
  if (!loaded.ok) {
    await demo?.close();
    return explainProblems(loaded.problems, options.args, context);
  }

  useLogging(options.log, loaded.config);

  // 3. The parts that the role asks for, and what changes and ends them.
  const portFrom = loaded.originOf(['proxy', 'port']);
  const parts: Parts = { origin, portFrom, config: loaded.config, demo, owner: loaded.config.routesOwner };
  options.log.showRevision(() => liveRevision(parts));
  const signals = followSignals(parts, options.log);
  try {
    await start(parts, loaded, options);
    await stayUp(parts, options, context);
  } catch (error) {
    if (parts.isStopping === true) return new Promise<never>(() => {});
    signals.close();
    await stop(parts, 0);
    return explainFailure(error, { file: options.file, locate: loaded.locate, args: options.args }, context);
  }
  return new Promise<never>(() => {});
}

/** What the configuration says of the log. Secrets that it had before stay hidden. */
function useLogging({ levels, redaction }: ProcessLog, config: GatewayConfig): void {
  levels.configure(config.logging.level);
  redaction.setNames(config.logging.redact);
  redaction.hideValues(knownSecrets(config, redaction));
}

/** What the gateway runs; without one, what the control plane has. */
function liveRevision({ runner, session }: Parts): number | undefined {
  return runner?.gateway?.revision ?? session?.plane?.configuration.revision;
}

/** Two demos in one folder would take each other's place for the commands that look for one there. */
async function refuseSecondDemo(folder: string): Promise<void> {
  const first = await findRunningDemo(folder);
  if (first === undefined) return;
  throw new CommandFailure(
    `a demo runs in this folder already (process ${first.pid}), with its proxy at ${first.proxy} and its API at ` +
      `${first.management}: use that one, stop it with Ctrl-C, or start another in a folder of its own`,
  );
}

/** From the first moment on: a start may wait for its store or for control, and the first process of a container has to ask for signals. */
function followSignals(parts: Parts, log: Logger): { close(): void } {
  const drainMs = (): number => parts.runner?.drainMs ?? parts.config.proxy.timeouts.drain;
  return lifecycle({
    log,
    drainMs,
    onReload: () => parts.source?.reload('SIGHUP') ?? Promise.resolve(),
    async onDrain() {
      parts.isStopping = true;
      await parts.source?.close();
      await stop(parts, drainMs());
    },
  });
}

async function start(parts: Parts, loaded: Loaded, { log, file }: RunOptions): Promise<void> {
  const { config, warnings } = loaded;
  await tellWarnings(warnings, log);
  const proxies = config.role !== 'control';
  const controls = config.role !== 'gateway';

  await probePlaces(config);

  // 1. The management port, before any other: it says that the process is not ready yet.
  const plane = () => parts.session?.plane;
  const gateway = () => parts.runner?.gateway;
  const node = () => parts.node?.agent.status();
  const bus = () => parts.bus?.health();
  parts.telemetry = await openTelemetry(config, log);
  const telemetry = () => parts.telemetry;
  const expects = { gateway: proxies, plane: controls };
  const status = processStatus({ gateway, plane, node, bus, telemetry, expects, version });
  await parts.telemetry.measures(status);
  const { host, port, hosts } = config.management;
  const tls = await managementTls(config);
  parts.management = createManagementServer({
    host,
    port,
    hosts: [host, ...hosts],
    tls,
    status,
    handler: controls ? (request, response) => parts.session?.handler(request, response) : undefined,
    onError: (error) => log.error('a management request failed', { reason: error.stack ?? error.message }),
  });
  parts.managementPort = await parts.management.listen();
  if (tls !== undefined) parts.managementFiles = followManagementTls({ config, tls, server: parts.management, log });

  // 2. The control plane, or the way to it.
  if (proxies) parts.runner = await createRunner(parts, log);
  if (parts.runner !== undefined && config.routesOwner === 'file') {
    const { runner } = parts;
    parts.files = new FileRoutes({
      runner,
      plane,
      hasPlane: controls,
      hasSnapshot: () => !config.store.url.startsWith('memory:') && existsSync(config.node.snapshotFile),
      // Before the start is over, the node has not joined yet.
      follow: () => parts.node?.takeRoutes(),
      file: file ?? 'the environment',
    });
  }
  if (controls) await startControl(parts, loaded, log);
  parts.control = parts.session?.connection ?? (await connectToControl(config, log));
  if (proxies && parts.control !== undefined) parts.consumers = followConsumers(parts.control, config, log);

  // 3. The gateway, with the routes of its file or those of the control plane.
  if (parts.files !== undefined) await parts.files.start(placed(loaded, file));
  if (parts.runner !== undefined && parts.control !== undefined) await joinControl(parts, log);
}

async function tellWarnings(warnings: Loaded['warnings'], log: Logger): Promise<void> {
  if (warnings.length === 0) return;
  const { warnOf } = await import('@sluice/gateway');
  warnOf(warnings, log);
}

async function createRunner(parts: Parts, log: ProcessLog): Promise<GatewayRunner> {
  const { config } = parts;
  // Loaded only now: the other commands need neither the engine nor its start-up time.
  const { checkFiles, RefusedError, startGateway } = await import('@sluice/gateway');
  // The certificates of its ports must be there at the start, whoever manages the routes. What routes of the API name is
  // looked for later: a route whose files are not there is out of service by itself.
  const problems = await checkFiles(config.routesOwner === 'file' ? config : { ...config, routes: [], backends: [] });
  if (problems.length > 0) throw new RefusedError(problems);
  // Before a port opens, the consumers are known.
  const opening = async ({ consumers }: Gateway): Promise<void> => parts.consumers?.begin(consumers);
  return new GatewayRunner(config, (whole, revision) =>
    startGateway({
      config: whole,
      log,
      logLevels: log.levels,
      redaction: log.redaction,
      version,
      revision,
      opening,
      keySetsFile: keptFile(config, 'key-sets'),
      spans: parts.telemetry?.spans,
    }),
  );
}

function followConsumers(control: NodeConnection, config: GatewayConfig, log: Logger): ConsumerFollower {
  const file = keptFile(config, 'consumers');
  return new ConsumerFollower({ nodeId: nodeIdentity(config, version).nodeId, control, file, log });
}

/** The file beside the snapshot in which a node keeps something. A store in memory is meant to leave nothing on disk. */
function keptFile({ store, node }: GatewayConfig, name: string): string | undefined {
  return store.url.startsWith('memory:') ? undefined : `${node.snapshotFile}.${name}`;
}

async function startControl(parts: Parts, loaded: Loaded, log: ProcessLog): Promise<void> {
  const { ControlSession, openControl } = await import('@sluice/control');
  const { config, demo } = parts;
  const proxies = config.role !== 'control';
  parts.session = new ControlSession({
    open: () =>
      openControl({
        config,
        log,
        logLevels: log.levels,
        version,
        spans: parts.telemetry?.spans,
        ...(proxies && { ownGateway: () => parts.runner?.gateway }),
      }),
    isPassing: isStoreAway,
    async onOpen(plane: ControlPlane) {
      if (demo !== undefined) await plane.seed(demo.seed, 'demo');
      if (config.role === 'control' && config.routesOwner === 'file') {
        await plane.importFile(placed(loaded, parts.origin.file), parts.origin.file ?? 'the environment');
      }
      await parts.files?.controlOpened();
    },
    log,
  });
  await parts.session.firstAttempt();
}

/** The connection to the control plane of other processes; undefined without one, when the file is all there is. */
async function connectToControl({ node }: GatewayConfig, log: Logger): Promise<NodeConnection | undefined> {
  if (node.controlUrls.length === 0) return undefined;
  const { createHttpConnection, ControlTls, nodeKey } = await import('@sluice/node');
  const { controlUrls: urls, joinToken, allowPlainHttp, snapshotFile } = node;
  const tls = urls.some((url) => url.startsWith('https:')) ? await ControlTls.open(node, log) : undefined;
  return createHttpConnection({ urls, joinToken, allowPlainHttp, tls, nodeKey: await nodeKey(snapshotFile, log), log });
}

async function joinControl(parts: Parts, log: ProcessLog): Promise<void> {
  const { config, runner, control, session } = parts;
  const hearing: Hearing = session?.plane === undefined ? await remoteBus(config, log) : { bus: session.plane.bus };
  if (session === undefined) parts.bus = hearing.bus;
  parts.node = followControl({
    runner: runner!,
    control: control!,
    ...hearing,
    identity: nodeIdentity(config, version),
    config,
    ownsRoutes: parts.files !== undefined && !parts.files.follows,
    log,
    logLevels: log.levels,
  });
  // A gateway without its own control plane waits as long as it takes; its port says that it is not ready.
  if (session === undefined)
    log.info('asking the control plane for the configuration', { control: config.node.controlUrls });
  await parts.node.started;
}

/** The configuration, with the places of its routes in the file. */
function placed({ config, linesOf }: Loaded, file: string | undefined): FileConfig {
  const placeOf = (routeId: string): string | undefined => {
    const lines = linesOf(['routes', config.routes.findIndex((route) => route.routeId === routeId)]);
    return file === undefined || lines === undefined ? undefined : `${file}:${lines}`;
  };
  return { ...config, placeOf };
}

/** How a node hears of revisions, besides asking. */
type Hearing = Pick<FollowOptions, 'onAnnouncementKey'> & { readonly bus?: Bus };

/** The bus of a node that is not a control process. The control plane gives it the key that announcements are checked with. */
async function remoteBus({ redis }: GatewayConfig, log: Logger): Promise<Hearing> {
  if (redis?.url === undefined) return {};
  const { openRedisBus } = await import('@sluice/control/bus');
  let key: Buffer | undefined;
  const bus = await openRedisBus({ url: redis.url, prefix: redis.prefix, log, keyOf: () => key });
  return { bus, onAnnouncementKey: (text) => void (key = Buffer.from(text, 'base64url')) };
}

async function stayUp(parts: Parts, { log, args }: RunOptions, context: Context): Promise<void> {
  const { releaseStartupMemory, watchConfigSource } = await import('@sluice/gateway');
  const { origin, runner, config } = parts;
  const source: ConfigSource = watchConfigSource({
    load: () => loadConfig(origin, context),
    async apply(_config, loaded) {
      try {
        // Its secrets are hidden before anything is said of it.
        log.redaction.hideValues(knownSecrets(loaded.config, log.redaction));
        const applied = await applyFile(parts, loaded);
        useLogging(log, loaded.config);
        return applied;
      } catch (error) {
        // The store is away. The file is read again later, so nothing is lost.
        if (isStoreAway(error)) setTimeout(() => void source.reload('the store was away'), storeRetryMs).unref();
        throw error;
      }
    },
    refuse: (problems) => runner?.gateway?.refuse(problems),
    log,
  });
  // Log rotation: the file was moved, so it is opened again by its name.
  process.on('SIGUSR2', () => {
    runner?.gateway?.reopenLogs();
    log.info('the access log was reopened', { signal: 'SIGUSR2' });
  });
  parts.source = source;
  // Once, when all is up: the control plane and the first contact come after the gateway's own start. An application that
  // embeds the gateway is not made to stop for its own heap.
  setTimeout(releaseStartupMemory, settleMs).unref();
  const { host } = config.management;
  await publishDemo(parts, context);
  startReport(
    {
      addresses: { ...runner?.gateway?.addresses, management: { host, port: parts.managementPort! } },
      revision: runner?.gateway?.revision ?? parts.session?.plane?.configuration.revision ?? 0,
      routes: runner?.routes.length ?? 0,
      demo: parts.demo,
      config,
      file: origin.file,
      portFrom: parts.portFrom,
      adminPassword: parts.session?.plane?.adminPassword,
      json: args.switches.has('json'),
      log,
    },
    context,
  );
}

/** The demonstrations run in another process, and need no login. */
async function publishDemo({ demo, config, runner, session, managementPort }: Parts, { cwd }: Context): Promise<void> {
  const proxy = runner?.gateway?.addresses.proxy;
  if (demo === undefined || proxy === undefined) return;
  const scheme = config.management.tls ? 'https' : 'http';
  await demo.publish({
    folder: cwd,
    management: reachableUrl(scheme, { host: config.management.host, port: managementPort! }),
    proxy: reachableUrl('http', proxy),
    password: session?.plane?.adminPassword ?? config.access.adminPassword,
  });
}

const storeRetryMs = 5_000;
/** A process that has started is idle by then. */
const settleMs = 5_000;

function isStoreAway(error: unknown): boolean {
  return error instanceof Error && error.name === 'StoreUnavailableError';
}

/** What a changed file means for this process. */
async function applyFile(parts: Parts, loaded: Loaded): Promise<Applied> {
  const { runner, files, session, node, origin } = parts;
  const file = origin.file ?? 'the environment';
  const { routesOwner } = loaded.config;
  if (routesOwner !== parts.owner) {
    await refuseUnusable(parts, loaded.config);
    await handOver({ session, runner, node, file }, placed(loaded, origin.file));
    parts.owner = routesOwner;
    // A file that takes over later reaches the gateway by way of the control plane, which it follows by now.
    delete parts.files;
    return { changed: false, revision: session?.plane?.configuration.revision ?? 0 };
  }
  if (files !== undefined) return files.apply(placed(loaded, origin.file));
  const recorded = routesOwner === 'file' ? await importFile(parts, loaded, file) : undefined;
  const applied = await runner?.applySettings(loaded.config);
  const { changed, revision, isTrial } = recorded ?? { changed: false, revision: 0, isTrial: false, ...applied };
  return { changed, isTrial, revision, restartNeeded: applied?.restartNeeded ?? [] };
}

/** Nodes take the routes of the file from the control plane. */
async function importFile(parts: Parts, loaded: Loaded, file: string) {
  const { session, origin } = parts;
  await refuseUnusable(parts, loaded.config);
  return session?.plane?.importFile(placed(loaded, origin.file), file);
}

/** The files that a configuration names are on the disk of each node; a process without one knows nothing of them. */
async function refuseUnusable({ runner }: Pick<Parts, 'runner'>, config: GatewayConfig): Promise<void> {
  const { checkFiles, RefusedError } = await import('@sluice/gateway');
  const problems = runner === undefined ? [] : await checkFiles(config);
  if (problems.length > 0) throw new RefusedError(problems);
}

/** Closes what was started, in reverse order. */
async function stop(
  { consumers, node, runner, control, session, telemetry, managementFiles, management, demo }: Parts,
  drainMs: number,
) {
  const end = performance.now() + drainMs;
  node?.drain();
  await runner?.gateway?.close({ drainMs });
  await consumers?.close();
  await node?.close();
  await control?.close();
  // The session is still open: it remembers which spans of deployments arrived.
  await telemetry?.close(end - performance.now());
  await session?.close();
  managementFiles?.close();
  await management?.close();
  await demo?.close();
}
