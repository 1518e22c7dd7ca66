import type { GatewayConfigInput } from '@sluice/model';
import { createProcess, until } from '../kit/index.ts';
import type { LastingProcess } from '../kit/index.ts';
import type { FileBackends, Version } from './version-backends.ts';

/** A route that `/health` says is not live as the file has it. */
export interface NotLive {
  readonly routeId: string;
  readonly lines: string;
  readonly state: 'onTrial' | 'held' | 'takenBack';
  readonly deploymentId: string;
  readonly why: string;
}

/** What a route has besides its name and backends. */
export type RouteFields = Partial<NonNullable<GatewayConfigInput['routes']>[number]>;

export interface GatewayOptions {
  readonly name: string;
  readonly backends: FileBackends;
  readonly version: Version;
  /** How changes go live in the file that it starts with; measured by default. */
  readonly changesAtStart?: 'direct';
  readonly config?: GatewayConfigInput;
  readonly env?: Readonly<Record<string, string>>;
}

/** Quick decisions, on errors alone: other tests run beside. */
const changes: GatewayConfigInput['changes'] = {
  phases: [
    { trafficPercentage: 30, duration: '500ms' },
    { trafficPercentage: 100, duration: '0s' },
  ],
  analysis: { interval: '200ms', minRequests: 10, errorRateIncrease: 0.2, dryRun: ['latency'], maxWait: '10m' },
};

/** A gateway with a file whose changes are measured. It has one route, whose version is the backend that it names. */
export class MeasuredGateway {
  readonly process: LastingProcess;
  readonly #options: GatewayOptions;

  private constructor(process: LastingProcess, options: GatewayOptions) {
    this.process = process;
    this.#options = options;
  }

  static async start(options: GatewayOptions): Promise<MeasuredGateway> {
    const { name, env = {}, changesAtStart } = options;
    const config = { ...configOf(options, options.version), ...(changesAtStart && { changes: changesAtStart }) };
    const process = await createProcess({ name, role: 'all', config, env });
    await process.start();
    return new MeasuredGateway(process, options);
  }

  /** Saves another version of the route, or other fields of it, and returns at once. */
  save(version: Version, fields: RouteFields = {}): Promise<void> {
    return this.process.writeConfig(configOf(this.#options, version, fields));
  }

  /** What of the file is not live. */
  async notLive(): Promise<readonly NotLive[] | undefined> {
    const health = (await this.process.health()) as
      | { readonly file?: { readonly behind: number; readonly notLive: readonly NotLive[] } }
      | undefined;
    return health?.file?.behind === 0 ? health.file.notLive : undefined;
  }

  /** Waits until the file is not live for this reason, and gives back what `/health` says. */
  waitFor(state: NotLive['state'], reason = ''): Promise<NotLive> {
    const find = async () => {
      const found = (await this.notLive())?.find((one) => one.state === state && one.why.includes(reason));
      // A node may serve for a moment still what was taken back.
      return (state !== 'takenBack' || (await this.#isConverged())) && found;
    };
    return until(`the file to be ${state}`, find, { detail: () => this.process.output.slice(-3000) });
  }

  /** Waits until all of the file is live, and the nodes run it. */
  async waitUntilLive(): Promise<void> {
    const isLive = async () => (await this.notLive())?.length === 0 && (await this.#isConverged());
    await until('the file to be live', isLive, { detail: () => this.process.output.slice(-3000) });
  }

  async #isConverged(): Promise<boolean> {
    return (await this.process.health())?.control?.converged === true;
  }
}

function configOf(
  { name, backends, config }: GatewayOptions,
  version: Version,
  fields: RouteFields = {},
): GatewayConfigInput {
  const route = { name: 'users', pathPattern: '/users/**', backends: [{ name: 'a', url: backends.urls[version] }] };
  return {
    changes,
    routes: [{ ...route, ...fields }],
    ...config,
    proxy: { workers: 1, ...config?.proxy },
    node: { name, ...config?.node },
  };
}
