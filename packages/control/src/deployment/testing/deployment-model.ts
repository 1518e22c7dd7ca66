import type { RouteDocument } from '@sluice/model';
import { deploymentSettings, deploymentStrategies } from '@sluice/model';
import { deepEqual, equal, ok } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationConflictError, withoutSplit } from '../../configuration/index.ts';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Deployment } from '../deployment.ts';
import { hasEnded } from '../deployment.ts';
import type { Actor, DeploymentAction } from '../apply-action.ts';
import { ForbiddenActionError } from '../errors.ts';
import { ControlWorld, routeDocument } from './control-world.ts';
import type { ControlProcess } from './control-world.ts';
import { FragileStore } from './fragile-store.ts';

const routeIds = ['orders', 'carts', 'users'];
/** An Admin. */
export const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
/** Not an Admin. */
export const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };

/** One step of a random history. */
export type Happening =
  | {
      do: 'create';
      routes: readonly number[];
      strategy: number;
      conflict: number;
      approval: boolean;
      bad: boolean;
      urgent: boolean;
    }
  | { do: 'act'; which: number; action: DeploymentAction; by: Actor }
  | { do: 'pass'; seconds: number }
  | { do: 'crash'; commit: number; after: boolean }
  | { do: 'node'; index: number; live: boolean }
  | { do: 'line'; stopped: boolean }
  | { do: 'put'; route: number; timeout: number }
  | { do: 'goBad'; which: number };

/** The system, and the invariants that hold after every step. */
export class DeploymentModel {
  readonly world = new ControlWorld();
  /**
   * How each route has to be, without a split: only completed deployments and plain changes alter it, and Direct
   * deployments from their start on, until they are given up. One whose place is taken stays: the next begins from there.
   */
  readonly routes = new Map<string, RouteDocument>();
  /** Deployments as they were when they ended. */
  readonly ended = new Map<string, Deployment>();
  readonly #seen = new Map<string, Deployment>();
  #fragile = new FragileStore(this.world.store);
  #leader!: ControlProcess;
  #other!: ControlProcess;
  #version = 1;

  async begin(): Promise<void> {
    this.#leader = await this.world.process(this.#fragile.store);
    this.#other = await this.world.process();
    for (const name of routeIds) {
      await this.#other.configuration.createRoute(routeDocument(name), { author: anna });
      this.routes.set(name, this.#other.configuration.route(name)!.document);
    }
  }

  async happen(happening: Happening): Promise<void> {
    const { deployments, configuration } = this.#other;
    switch (happening.do) {
      case 'create':
        return this.#create(happening);
      case 'act': {
        const id = await this.#idOf(happening.which);
        const { action, by } = happening;
        if (id !== undefined) await refusable(deployments.act(id, action, { actor: by }));
        return;
      }
      case 'pass':
        await this.world.pass(happening.seconds, [this.#other, this.#leader]);
        return this.#replaceDead();
      case 'crash':
        this.#fragile.breakAt(this.#fragile.commits + happening.commit, happening.after ? 'after' : 'before');
        return;
      case 'node': {
        const node = this.world.traffic.nodes.get(happening.index === 0 ? 'n1' : 'n2')!;
        node.live = happening.live;
        return;
      }
      case 'line':
        await refusable(deployments.setLine({ stopped: happening.stopped }, { actor: anna }));
        return;
      case 'put': {
        const id = routeIds[happening.route];
        const isBusy = configuration.route(id)?.document?.split !== undefined;
        const done = await refusable(
          configuration.updateRoute(id, { timeoutSeconds: happening.timeout }, { author: anna }),
        );
        // Only its deployment changes a route that is being deployed.
        ok(!(done && isBusy && configuration.route(id)?.document?.split === undefined));
        if (done) this.routes.set(id, withoutSplit(configuration.route(id)!.document));
        return;
      }
      case 'goBad': {
        const id = await this.#idOf(happening.which);
        if (id !== undefined) this.world.traffic.behaviour.set(id, { errorRate: 0.5, latencyMs: 10 });
      }
    }
  }

  async check(): Promise<void> {
    const { configuration, deployments } = this.#other;
    await configuration.refresh();
    const { items } = await deployments.list({ limit: 1000, offset: 0 });
    for (const deployment of inOrderOfStart(items)) this.#checkOne(deployment);
    for (const deployment of items) await this.#checkEvents(deployment);
    for (const id of routeIds) this.#checkRoute(id, items);
    ok((await configuration.export()).routes.every((route) => route.split === undefined));
  }

  #checkOne(deployment: Deployment): void {
    const { deploymentId, percentage, status, routes, isPlain } = deployment;
    const before = this.#seen.get(deploymentId);
    this.#seen.set(deploymentId, deployment);
    if (deployment.strategy === 'Direct' && !isPlain) this.#followDirect(deployment, before);
    ok(percentage >= 0);
    ok(percentage <= 100);
    const end = this.ended.get(deploymentId);
    if (end !== undefined) return deepEqual(deployment, end);
    if (before !== undefined && !hasEnded(deployment) && deployment.strategy !== 'Rolling') {
      ok(percentage >= before.percentage);
    }
    if (!hasEnded(deployment)) return;
    this.ended.set(deploymentId, deployment);
    if (status !== 'Completed' || isPlain || deployment.strategy === 'Direct') return;
    for (const { routeId, candidate } of routes) this.routes.set(routeId, candidate);
  }

  /** It serves as soon as it starts, and the previous version is restored when it fails. Later changes stay. */
  #followDirect({ status, routes, startedAt, supersededBy }: Deployment, before: Deployment | undefined): void {
    if (startedAt === undefined) return;
    const isGivenUp = ['RolledBack', 'Failed', 'Cancelled'].includes(status) && supersededBy === undefined;
    for (const { routeId, candidate, stable } of routes) {
      if (before?.startedAt === undefined && !isGivenUp) this.routes.set(routeId, candidate);
      const isServing = isDeepStrictEqual(this.routes.get(routeId), candidate);
      if (isGivenUp && isServing && stable !== undefined) this.routes.set(routeId, stable);
    }
  }

  async #checkEvents({ deploymentId, eventCount }: Deployment): Promise<void> {
    const events = await this.#other.deployments.events(deploymentId, { after: 0, limit: 1000 });
    deepEqual(
      events.map(({ sequence }) => sequence),
      Array.from({ length: eventCount }, (_, index) => index + 1),
    );
    const ends = events.filter(({ kind }) => ['completed', 'rolledBack', 'failed', 'cancelled'].includes(kind));
    equal(ends.length, this.ended.has(deploymentId) ? 1 : 0);
  }

  #checkRoute(id: string, items: readonly Deployment[]): void {
    const { document } = this.#other.configuration.route(id)!;
    deepEqual(withoutSplit(document), this.routes.get(id));
    const running = items.filter(
      (one) => one.startedAt !== undefined && !hasEnded(one) && one.routes.some(({ routeId }) => routeId === id),
    );
    ok(running.length <= 1);
    const split = document.split;
    equal(split?.['deploymentId'], running.find(({ strategy }) => strategy !== 'Direct')?.deploymentId);
    if (split !== undefined) equal(split['percentage'], running[0].percentage);
  }

  async #create({
    routes,
    strategy,
    conflict,
    approval,
    bad,
    urgent,
  }: Extract<Happening, { do: 'create' }>): Promise<void> {
    const settings = deploymentSettings.parse({
      strategy: deploymentStrategies[strategy],
      onConflict: (['refuse', 'wait', 'supersede'] as const)[conflict],
      analysis: { minRequests: 20, maxWait: '4s' },
      blueGreen: { keepFor: '2s', warmTimeout: '5s' },
      rolling: { drain: '1s', verifyFor: '1s' },
      abTest: { duration: '3s' },
      ...(urgent && { emergency: true, reason: 'the shop is down' }),
      ...(strategy === 1 && { phases: [1, 20, 100].map((one) => ({ trafficPercentage: one, duration: '2s' })) }),
    });
    const version = String(++this.#version);
    const place = approval ? { environment: 'Production' } : {};
    const requested = routes.map((index) => ({
      routeId: routeIds[index],
      route: routeDocument(routeIds[index], { version, timeoutSeconds: this.#version % 300 || 1, ...place }),
    }));
    const context = { actor: urgent ? anna : bert };
    await refusable(
      this.#other.deployments.create({ routes: requested, settings }, context).then(({ deploymentId }) => {
        this.world.traffic.behaviour.set(deploymentId, { errorRate: bad ? 0.4 : 0, latencyMs: 10 });
      }),
    );
  }

  async #idOf(which: number): Promise<string | undefined> {
    const { items } = await this.#other.deployments.list({ limit: 10, offset: 0 });
    return items[which]?.deploymentId;
  }

  /** Another process leads when the leader is dead. */
  async #replaceDead(): Promise<void> {
    if (!this.#fragile.dead) return;
    this.#fragile = new FragileStore(this.world.store);
    this.#leader = await this.world.process(this.#fragile.store);
    this.#leader.leading = true;
  }
}

/** One may end and the next one start within a step. When they were created says nothing: that may be the same millisecond. */
function inOrderOfStart(newestFirst: readonly Deployment[]): readonly Deployment[] {
  const startOf = ({ startedAt }: Deployment): number => Date.parse(startedAt ?? '9999-01-01T00:00:00Z');
  return newestFirst.toReversed().toSorted((a, b) => startOf(a) - startOf(b));
}

/** Whether it was done. A refusal does not fail the test. */
async function refusable(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const isRefusal =
      error instanceof ConfigurationConflictError ||
      error instanceof ForbiddenActionError ||
      error instanceof StoreUnavailableError;
    if (!isRefusal) throw error;
    return false;
  }
}
