import { deploymentSettings, deploymentStrategies } from '@sluice/model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigurationConflictError, splitIn, withoutSplit } from '../configuration/index.ts';
import type { Document } from '../configuration/index.ts';
import { StoreUnavailableError } from '../store/index.ts';
import type { Deployment } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import type { Actor, DeploymentAction } from './deployments.ts';
import { ForbiddenActionError } from './errors.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';
import { FragileStore } from './testing/fragile-store.ts';

const routeIds = ['orders', 'carts', 'users'];
const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };

/** Something that happens. */
type Happening =
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

const share = fc.constantFrom(undefined, 1, 10, 30, 50, 99.5, 100);
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      routes: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 }),
      strategy: fc.nat(deploymentStrategies.length - 1),
      conflict: fc.nat(2),
      approval: fc.boolean(),
      bad: fc.boolean(),
      urgent: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      which: fc.nat(5),
      by: fc.constantFrom(anna, bert),
      action: fc.oneof(
        fc.constant<DeploymentAction>({ kind: 'approve' }),
        fc.constant<DeploymentAction>({ kind: 'reject', reason: 'no' }),
        share.map((targetPercentage): DeploymentAction => ({ kind: 'promote', targetPercentage })),
        fc.constant<DeploymentAction>({ kind: 'pause' }),
        fc.constant<DeploymentAction>({ kind: 'resume' }),
        fc.constant<DeploymentAction>({ kind: 'rollback', reason: 'enough' }),
      ),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      commit: fc.integer({ min: 1, max: 3 }),
      after: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('node' as const), index: fc.nat(1), live: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('line' as const), stopped: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      route: fc.nat(2),
      timeout: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goBad' as const), which: fc.nat(5) }) },
);

test('whatever happens in whatever order: one outcome each, aborted stays aborted, the stable version is never touched', async () => {
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(happenings, { minLength: 5, maxLength: 40 }), async (all) => {
      const model = new Model();
      await model.begin();
      for (const one of all) {
        await model.happen(one);
        await model.check();
      }
      ended += model.ended.size;
    }),
    { numRuns: 500 },
  );
  // Otherwise nothing was shown.
  expect(ended).toBeGreaterThan(500);
}, 60_000);

/** The system, and what has to be true of it. */
class Model {
  readonly world = new ControlWorld();
  /** How each route has to be, without a split: only completed deployments and plain changes alter it. */
  readonly routes = new Map<string, Document>();
  /** What was seen of deployments that ended. */
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
        const isBusy = splitIn(configuration.route(id)?.document) !== undefined;
        const done = await refusable(
          configuration.updateRoute(id, { timeoutSeconds: happening.timeout }, { author: anna }),
        );
        // A route that is being deployed is changed by its deployment alone.
        expect(done && isBusy && splitIn(configuration.route(id)?.document) === undefined).toBe(false);
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
    for (const deployment of items.toReversed()) this.#checkOne(deployment);
    for (const deployment of items) await this.#checkEvents(deployment);
    for (const id of routeIds) this.#checkRoute(id, items);
    expect(configuration.export().routes.every((route) => splitIn(route) === undefined)).toBe(true);
  }

  #checkOne(deployment: Deployment): void {
    const { deploymentId, percentage, status, routes, isPlain } = deployment;
    const before = this.#seen.get(deploymentId);
    this.#seen.set(deploymentId, deployment);
    expect(percentage).toBeGreaterThanOrEqual(0);
    expect(percentage).toBeLessThanOrEqual(100);
    const end = this.ended.get(deploymentId);
    if (end !== undefined) return expect(deployment).toEqual(end);
    if (before !== undefined && !hasEnded(deployment) && deployment.strategy !== 'Rolling') {
      expect(percentage).toBeGreaterThanOrEqual(before.percentage);
    }
    if (!hasEnded(deployment)) return;
    this.ended.set(deploymentId, deployment);
    if (status !== 'Completed' || isPlain) return;
    for (const { routeId, candidate } of routes) this.routes.set(routeId, candidate);
  }

  async #checkEvents({ deploymentId, eventCount }: Deployment): Promise<void> {
    const events = await this.#other.deployments.events(deploymentId, { after: 0, limit: 1000 });
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: eventCount }, (_, index) => index + 1));
    const ends = events.filter(({ kind }) => ['completed', 'rolledBack', 'failed', 'cancelled'].includes(kind));
    expect(ends.length).toBe(this.ended.has(deploymentId) ? 1 : 0);
  }

  #checkRoute(id: string, items: readonly Deployment[]): void {
    const { document } = this.#other.configuration.route(id)!;
    expect(withoutSplit(document)).toEqual(this.routes.get(id));
    const running = items.filter(
      (one) => one.startedAt !== undefined && !hasEnded(one) && one.routes.some(({ routeId }) => routeId === id),
    );
    expect(running.length).toBeLessThanOrEqual(1);
    const split = splitIn(document);
    expect(split?.['deploymentId']).toBe(running[0]?.deploymentId);
    if (split !== undefined) expect(split['percentage']).toBe(running[0].percentage);
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
      environment: approval ? 'Production' : 'Development',
      onConflict: (['refuse', 'wait', 'supersede'] as const)[conflict],
      analysis: { minRequests: 20, maxWait: '4s' },
      blueGreen: { keepFor: '2s', warmTimeout: '5s' },
      rolling: { drain: '1s', verifyFor: '1s' },
      abTest: { duration: '3s' },
      ...(urgent && { emergency: true, reason: 'the shop is down' }),
      ...(strategy === 1 && { phases: [1, 20, 100].map((one) => ({ trafficPercentage: one, duration: '2s' })) }),
    });
    const version = String(++this.#version);
    const requested = routes.map((index) => ({
      routeId: routeIds[index],
      route: routeDocument(routeIds[index], { version, timeoutSeconds: this.#version % 300 || 1 }),
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

  /** Another process leads when the one that did is dead. */
  async #replaceDead(): Promise<void> {
    if (!this.#fragile.dead) return;
    this.#fragile = new FragileStore(this.world.store);
    this.#leader = await this.world.process(this.#fragile.store);
    this.#leader.leading = true;
  }
}

/** Whether it was done; what is refused for a reason is not a failure of the test. */
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
