import type { ApplyOptions, ApplyResult, Gateway } from '@sluice/gateway';
import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { Turns } from '@sluice/service';

/** Routes, and the revision they are of. */
export interface RevisedRoutes {
  readonly routes: readonly RouteConfig[];
  /** Undefined when nobody counts: the gateway then does so itself. */
  readonly revision: number | undefined;
}

/** Starts a gateway. */
export type StartGateway = (config: GatewayConfig, revision: number | undefined) => Promise<Gateway>;

/**
 * Runs a gateway whose configuration comes from two sides: its settings (ports, limits, timeouts) from the file of this
 * process, its routes from wherever they are managed. Either side may change alone. Changes are made one after the other: each keeps
 * what the one before it has left on the other side.
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
      this.#routes = first;
      return this.#gateway;
    });
  }

  /** Other routes, the same settings. Rejects with a RefusedError; what ran then runs on. */
  applyRoutes(next: RevisedRoutes): Promise<ApplyResult> {
    return this.#inTurn(() => this.#apply(this.#settings, next));
  }

  /** Other settings, the same routes. */
  applySettings(settings: GatewayConfig): Promise<ApplyResult> {
    return this.#inTurn(() => this.#apply(settings, this.#routes));
  }

  /** Both at once, in one swap. `record` is called once it is prepared: when it rejects, so does this, and nothing goes live. */
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
    this.#settings = settings;
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
