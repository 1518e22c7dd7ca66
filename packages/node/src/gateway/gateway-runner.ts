import type { ApplyOptions, ApplyResult, Gateway } from '@sluice/gateway';
import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { Turns } from '@sluice/service';

/** The routes of a revision. */
export interface RevisedRoutes {
  readonly routes: readonly RouteConfig[];
  /** Undefined when the gateway numbers revisions by itself. */
  readonly revision: number | undefined;
}

export type StartGateway = (config: GatewayConfig, revision: number | undefined) => Promise<Gateway>;

/**
 * Runs a gateway whose configuration has two sources: the file of this process has its settings (ports, limits, timeouts),
 * and control or the file has its routes. Either may change alone. Changes are made one after the other, so that a change
 * of one keeps the last change of the other.
 */
export class GatewayRunner {
  readonly #start: StartGateway;
  #settings: GatewayConfig;
  #routes: RevisedRoutes = { routes: [], revision: undefined };
  #gateway: Gateway | undefined;
  readonly #turns = new Turns();

  constructor(settings: GatewayConfig, start: StartGateway) {
    this.#settings = settings;
    this.#start = start;
  }

  get gateway(): Gateway | undefined {
    return this.#gateway;
  }

  get routes(): readonly RouteConfig[] {
    return this.#routes.routes;
  }

  /** How long running requests may take when the process stops, in milliseconds. */
  get drainMs(): number {
    return this.#settings.proxy.timeouts.drain;
  }

  /** Starts the gateway with its first routes. Rejects as `startGateway` does. */
  start(first: RevisedRoutes): Promise<Gateway> {
    return this.#inTurn(async () => {
      this.#gateway = await this.#start(joined(this.#settings, first), first.revision);
      this.#settings = withoutConsumers(this.#settings);
      this.#routes = first;
      return this.#gateway;
    });
  }

  /** Changes the routes. Rejects with a RefusedError; the routes before then run on. */
  applyRoutes(next: RevisedRoutes): Promise<ApplyResult> {
    return this.#inTurn(() => this.#apply(this.#settings, next));
  }

  /** Changes the settings. */
  applySettings(settings: GatewayConfig): Promise<ApplyResult> {
    return this.#inTurn(() => this.#apply(settings, this.#routes));
  }

  /** Changes both in one swap. `record` is called once the swap is prepared; when it rejects, nothing goes live. */
  applyAll(settings: GatewayConfig, record: () => Promise<number | undefined>): Promise<ApplyResult> {
    return this.#inTurn(async () => {
      const next = { routes: settings.routes, revision: undefined as number | undefined };
      return this.#apply(settings, next, async () => (next.revision = await record()));
    });
  }

  async #apply(
    settings: GatewayConfig,
    next: RevisedRoutes,
    revision: ApplyOptions['revision'] = next.revision,
  ): Promise<ApplyResult> {
    if (this.#gateway === undefined) throw new Error('the gateway has not started yet');
    const result = await this.#gateway.apply(joined(settings, next), { revision });
    this.#settings = withoutConsumers(settings);
    this.#routes = next;
    return result;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.run(change);
  }
}

function joined(settings: GatewayConfig, { routes }: RevisedRoutes): GatewayConfig {
  return { ...settings, routes: routes as RouteConfig[] };
}

/** The gateway knows them: a change of routes neither keeps them in memory again nor compares them. */
function withoutConsumers({ consumers: _consumers, ...settings }: GatewayConfig): GatewayConfig {
  return settings;
}
