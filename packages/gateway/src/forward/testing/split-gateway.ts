import { parseConfig, splitConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput, RouteConfig } from '@sluice/model';
import { PoolRegistry } from '../../compile/pool-registry.ts';
import { SnapshotBuilder } from '../../compile/snapshot-builder.ts';
import { ClientConnection } from '../../listen/client-connection.ts';
import { Deadlines } from '../../wire/deadlines.ts';
import { handleTransport } from '../../wire/handle-wire.ts';
import { listen } from '../../listen/listener.ts';
import { createRedaction } from '@sluice/service/redaction';
import { EntryRedaction } from '../../observe/entry-redaction.ts';
import { createAccessLog } from '../../observe/access-log.ts';
import type { ConsumerLookup } from '../../policy/authentication/consumer-lookup.ts';
import { PolicyModules } from '../../policy/policy-modules.ts';
import { Planner } from '../../runtime/planner.ts';
import {
  createNodeMemory,
  NodeState,
  ShareBudget,
  SlotRegistry,
  Telemetry,
  VersionCounters,
  VersionTelemetry,
} from '../../state/index.ts';
import type { VersionTotals } from '../../state/index.ts';
import { RequestTracer } from '../../trace/request-tracer.ts';
import type { Span } from '@sluice/service/otlp';
import { withAllAttributes } from '../../../../service/src/otlp/testing/otlp-messages.ts';
import type { WorkerContext } from '../worker-context.ts';

/** A route as somebody would write it; it takes every path by default. */
export type VersionInput = Omit<NonNullable<GatewayConfigInput['routes']>[number], 'name'>;

/** What a split gateway runs. */
export interface SplitInput {
  readonly stable: VersionInput;
  readonly candidate: VersionInput;
  /** Settings of the split besides the deployment and the epoch. */
  readonly split: Readonly<Record<string, unknown>>;
  readonly proxy?: GatewayConfigInput['proxy'];
  readonly tracing?: GatewayConfigInput['tracing'];
  /** Who has keys; those of the node by default. */
  readonly consumers?: ConsumerLookup;
}

/** One worker of a gateway with one route whose traffic is divided, in this thread, on a real port. */
export interface SplitGateway {
  readonly port: number;
  readonly worker: WorkerContext;
  readonly pools: PoolRegistry;
  /** The spans of the traces that were kept. */
  readonly spans: readonly Span[];
  /** What was logged as a bug. */
  readonly bugs: readonly unknown[];
  /** What was counted of a version in the epoch that runs; undefined when none does. */
  counted(version: 'stable' | 'candidate'): VersionTotals | undefined;
  /** Exchanges, and copies, that are under way on a version. */
  active(version: 'stable' | 'candidate'): number;
  /** Answers of the route so far, by whichever version. */
  routeTotal(): number;
  /** Swaps to another split, or to none. */
  apply(input: SplitInput, epoch: number): Promise<void>;
  /** The stable version alone. */
  end(input: SplitInput): Promise<void>;
  /** Lets time pass for all that has a deadline; without it, none ever comes. */
  pass(ms: number): void;
  close(): Promise<void>;
}

/** Starts it. Transport `auto` takes the fast one. */
export async function startSplitGateway(input: SplitInput): Promise<SplitGateway> {
  const capacity = { routes: 16, targets: 16, backends: 16, versions: 64, series: 1024, addresses: 64 };
  const memory = createNodeMemory({ workers: 1, capacity });
  const state = new NodeState(memory, 0);
  let now = 1_000;
  const deadlines = new Deadlines({ clock: () => now });
  const transport = input.proxy?.transport === 'public' ? undefined : handleTransport();
  const pools = new PoolRegistry(deadlines, transport);
  const modules = new PolicyModules();
  const { tracing } = configWith(input.stable, input);
  const builder = new SnapshotBuilder({
    state,
    pools,
    modules,
    tracing,
    ...(input.consumers && { consumers: input.consumers }),
    now: () => deadlines.now,
  });
  const planner = new Planner(new SlotRegistry(memory));
  const versions = new VersionTelemetry(memory);
  const bugs: unknown[] = [];
  const spans: Span[] = [];
  const redaction = new EntryRedaction(createRedaction());
  const worker = {
    state,
    telemetry: new Telemetry(memory, 0),
    versions: new VersionCounters(memory, 0),
    deadlines,
    tail: undefined,
    accessLog: createAccessLog({ file: '-', onError: (error) => bugs.push(error) }),
    redaction,
    tracer: tracing && new RequestTracer({ tracing, redaction, add: (span) => spans.push(withAllAttributes(span)) }),
    retryBudget: new ShareBudget(),
    mirrored: { inFlight: 0 },
    draining: false,
    newRequestId: () => 'request-id',
    healthAnswer: () => undefined,
    policyFailed: (_policy, error) => bugs.push(error),
    generationLeft() {},
  } as Partial<WorkerContext> as WorkerContext;

  let generation = 0;
  async function swap(config: GatewayConfig): Promise<void> {
    generation++;
    const swapped = planner.plan(planner.compare(config), { generation });
    swapped.accept();
    for (const plan of swapped.plan.upserts) await modules.load(plan.config, plan.hasLogins);
    builder.add(swapped.plan.upserts, config.proxy);
    const publish = (snapshot: WorkerContext['snapshot']): void => void (worker.snapshot = snapshot);
    await builder.commit({ ...swapped.plan, revision: generation }, { pause: () => Promise.resolve(), publish });
  }
  await swap(configOf(input, 0));
  const connections = new Set<ClientConnection>();
  const listener = await listen({ host: '127.0.0.1', port: 0, shared: false, transport }, (wire) => {
    connections.add(new ClientConnection(wire, worker, (gone) => connections.delete(gone)));
  });
  const slotOf = (version: 'stable' | 'candidate'): number | undefined =>
    planner.route('split')?.split?.versions[version];
  const active = new Int32Array(memory.totals.versions);
  return {
    port: listener.port,
    worker,
    pools,
    spans,
    bugs,
    counted(version) {
      const slot = slotOf(version);
      return slot === undefined ? undefined : versions.of(slot);
    },
    active: (version) => active[slotOf(version) ?? -1],
    routeTotal: () => new Float64Array(memory.telemetry[0].histograms)[(planner.route('split')?.slot ?? 0) * 256],
    apply: (next, epoch) => swap(configOf(next, epoch)),
    end: (next) => swap(configOf(next, undefined)),
    pass(ms) {
      now += ms;
      deadlines.advance();
    },
    async close() {
      for (const connection of connections) connection.kill();
      await listener.close();
    },
  };
}

function configOf(input: SplitInput, epoch: number | undefined): GatewayConfig {
  const { stable, candidate, split } = input;
  const config = configWith(stable, input);
  if (epoch === undefined) return config;
  const settings = splitConfig.parse({ deploymentId: 'd-1', epoch, percentage: 0, ...split });
  const route: RouteConfig = {
    ...config.routes[0],
    split: { ...settings, candidate: configWith(candidate, input).routes[0] },
  };
  return { ...config, routes: [route] };
}

function configWith(version: VersionInput, { proxy, tracing }: SplitInput): GatewayConfig {
  const quiet = { accessLog: { failures: false }, ...proxy };
  const parsed = parseConfig({ proxy: quiet, tracing, routes: [{ name: 'split', pathPattern: '/**', ...version }] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}
