import { deploymentSettings } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { withoutSplit } from '../configuration/index.ts';
import type { Actor } from './apply-action.ts';
import type { RequestedDeployment } from './candidates.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import { FragileStore } from './testing/fragile-store.ts';
import type { Break } from './testing/fragile-store.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const analysis = { minRequests: 20, maxWait: '10s' };
const phases = [1, 10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '3s' }));

type Settings = Readonly<Record<string, unknown>>;

/** What is deployed, and how the candidate does. */
const scenarios: Record<string, { settings: Settings; errorRate?: number; routes?: readonly string[] }> = {
  'a good canary': { settings: { strategy: 'Canary', phases, analysis } },
  'a canary that fails': { settings: { strategy: 'Canary', phases, analysis }, errorRate: 0.3 },
  'a canary over two routes': { settings: { strategy: 'Canary', phases, analysis }, routes: ['orders', 'carts'] },
  'blue-green': { settings: { strategy: 'BlueGreen', blueGreen: { keepFor: '3s' }, analysis } },
  'a rolling deployment': { settings: { strategy: 'Rolling', rolling: { drain: '1s', verifyFor: '2s' }, analysis } },
};

describe.each(Object.entries(scenarios))('%s', (_name, scenario) => {
  test('ends the same whichever commit of the runner it dies at', async () => {
    const undisturbed = await run(scenario);
    expect(undisturbed.ended).toBe(true);
    const ways = Array.from({ length: undisturbed.commits }, (_, index) => index + 1).flatMap((at) =>
      (['before', 'after'] as const).map((how) => ({ at, how })),
    );
    for (const way of ways) {
      const disturbed = await run(scenario, way);
      expect({ way, ...disturbed.outcome }).toEqual({ way, ...undisturbed.outcome });
    }
    expect(ways.length).toBeGreaterThanOrEqual(4);
  });
});

/** Runs a deployment to its end. The process that leads may die at one of its commits: another one takes over. */
async function run(
  { settings, errorRate = 0, routes = ['orders'] }: (typeof scenarios)[string],
  way?: { at: number; how: Break },
) {
  const world = new ControlWorld();
  const fragile = new FragileStore(world.store);
  const first = await world.process(fragile.store);
  const second = await world.process();
  for (const name of ['orders', 'carts']) {
    await second.configuration.createRoute(routeDocument(name), { author: anna });
  }
  await first.configuration.refresh();
  const requested: RequestedDeployment = {
    routes: routes.map((routeId) => ({
      routeId,
      route: routeDocument(routeId, { version: '2.0', timeoutSeconds: 7 }),
    })),
    settings: deploymentSettings.parse(settings),
  };
  const { deploymentId } = await second.deployments.create(requested, { actor: anna });
  world.traffic.behaviour.set(deploymentId, { errorRate, latencyMs: 10 });
  const before = fragile.commits;
  if (way !== undefined) fragile.breakAt(before + way.at, way.how);
  for (let second_ = 0; second_ < 60; second_++) {
    if (fragile.dead && first.leading) [first.leading, second.leading] = [false, true];
    // The living one is asked first: its configuration says how traffic flows.
    await world.pass(1, fragile.dead ? [second] : [second, first]);
    if ((await second.deployments.get(deploymentId)).completedAt !== undefined) break;
  }
  await second.configuration.refresh();
  const ended = await second.deployments.get(deploymentId);
  const kinds = (await second.deployments.events(deploymentId, { after: 0, limit: 1000 })).map(({ kind }) => kind);
  const documents = second.configuration.routes().map(({ document }) => document);
  return {
    ended: ended.completedAt !== undefined,
    commits: fragile.commits - before,
    outcome: {
      status: ended.status,
      phases: ended.phases.map(({ name, status }) => `${name} ${status}`),
      percentage: ended.percentage,
      // Each step once, in order, whoever took it; looks and waits are not steps.
      steps: kinds.filter((kind) => !['verdict', 'waiting'].includes(kind)),
      split: documents.map((document) => document.split),
      routes: documents.map((document) => withoutSplit(document)),
    },
  };
}
