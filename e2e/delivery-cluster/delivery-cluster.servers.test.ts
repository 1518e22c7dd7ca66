import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { startPostgres } from '../../packages/control/src/store/postgres/testing/start-postgres.ts';
import { rollbackText, rollbackTimes } from '../delivery/rollback-times.ts';
import { startRouteLoad } from '../delivery/route-load.ts';
import type { RouteLoad } from '../delivery/route-load.ts';
import { long, quick, testers } from '../delivery/settings.ts';
import { startDeliveryCluster } from '../delivery/start-delivery-cluster.ts';
import type { DeliveryCluster } from '../delivery/start-delivery-cluster.ts';
import { until } from '../kit/index.ts';
import type { LastingProcess } from '../kit/index.ts';

/** Requests per second on each route, all nodes together. */
const rate = 150;

let redis: Awaited<ReturnType<typeof startRedis>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let cluster: DeliveryCluster;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  cluster = await startDeliveryCluster({ controls: 2, env: { DATABASE_URL: postgres.url(), REDIS_URL: redis.url } });
}, 120_000);

afterAll(async () => {
  await cluster.close();
  await Promise.all([redis.stop(), postgres.stop()]);
}, 60_000);

beforeEach(() => {
  onTestFailed(() => console.log(cluster.outputs()));
});

test(
  'a canary and a rolling deployment end as they should though the leader is killed, and a node is killed and comes back',
  { timeout: 180_000 },
  async () => {
    const [canary, rolling] = [await loadsOn('canary', { testers: 10 }), await loadsOn('rolling')];
    const phases = [0, 10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '4s' }));
    const ids = [
      (await cluster.deploy('canary', { phases, testers, analysis: quick })).deploymentId,
      (await deployRolling()).deploymentId,
    ];
    await cluster.whenItIs(ids[0], 'in its second phase', ({ currentPhaseIndex }) => currentPhaseIndex === 1);
    const leader = await killLeader();
    await cluster.whenItIs(ids[0], 'in its third phase', ({ currentPhaseIndex }) => currentPhaseIndex >= 2);

    const [, node] = cluster.nodes;
    const wrong = [await canary.end(node), await rolling.end(node)];
    await node.kill();
    await Promise.all([node.start(), leader.start()]);
    canary.begin(node);
    rolling.begin(node);

    for (const deploymentId of ids) {
      const ended = await cluster.whenEnded(deploymentId);
      expect(ended.status, await cluster.story(deploymentId)).toBe('Completed');
    }
    const last = [await canary.endAll('candidate'), await rolling.endAll('candidate')];
    expect([...wrong, ...last].flat()).toEqual([]);
    const turned = (await cluster.events(ids[1])).filter(({ kind }) => kind === 'nodeCompleted');
    expect(new Set(turned.map(({ text }) => text)).size).toBe(cluster.nodes.length);
  },
);

test(
  'a candidate that begins to fail is rolled back on every node, though the leader is killed at that moment',
  { timeout: 120_000 },
  async () => {
    const loads = await loadsOn('failing', { mayFail: true });
    const settings = { phases: [{ trafficPercentage: 50, duration: long }], analysis: { dryRun: ['latency'] } };
    const { deploymentId } = await cluster.deploy('failing', settings);
    await cluster.whenItIs(deploymentId, 'judged', ({ metrics }) => (metrics?.totalRequests ?? 0) > 2 * rate);
    cluster.backends.fail('failing', 1);
    const leader = await killLeader();
    const ended = await cluster.whenEnded(deploymentId);
    expect(await loads.endAll('stable')).toEqual([]);
    const times = rollbackTimes(loads.all(), ended);
    console.log(rollbackText('the leader is killed when the candidate begins to fail', times));
    expect(ended.status).toBe('RolledBack');
    // One second of what the candidate had.
    expect(times.afterDecision).toBeLessThanOrEqual(rate / 2);
    await leader.start();
  },
);

test('whoever leads, a rollback that a person wants is on every node at once', { timeout: 60_000 }, async () => {
  const loads = await loadsOn('by-hand');
  const { deploymentId } = await cluster.deploy('by-hand', {
    phases: [{ trafficPercentage: 50, duration: long }],
    analysis: quick,
  });
  await cluster.whenConverged();
  await Promise.all(loads.all().map((load) => load.more(50)));
  await cluster.act(deploymentId, 'rollback', { reason: 'a person wants it' });
  const ended = await cluster.whenEnded(deploymentId);
  expect(await loads.endAll('stable')).toEqual([]);
  const times = rollbackTimes(loads.all(), ended);
  console.log(rollbackText('rolled back by a person', times));
  expect(ended.status).toBe('RolledBack');
  expect(times.afterDecision).toBeLessThanOrEqual(rate / 2);
});

function deployRolling() {
  const rolling = { drain: '500ms', verifyFor: '2s' };
  return cluster.deploy('rolling', { strategy: 'Rolling', rolling, analysis: quick });
}

/** Kills the control process that leads, and waits until the other one does. */
async function killLeader(): Promise<LastingProcess> {
  const leads = async (control: LastingProcess): Promise<boolean> =>
    (await control.health())?.control?.leading === true;
  const leader = await until('a leader', async () => {
    const leading = await Promise.all(cluster.controls.map(leads));
    return cluster.controls[leading.indexOf(true)];
  });
  await leader.kill();
  const other = cluster.controls.find((control) => control !== leader)!;
  await until('the other control process to lead', () => leads(other));
  return leader;
}

/** Load on one route through every node. */
interface NodeLoads {
  all(): readonly RouteLoad[];
  begin(node: LastingProcess): void;
  /** Ends that through one node, before it goes away; gives back what was wrong. */
  end(node: LastingProcess): Promise<readonly string[]>;
  /** From now on one version alone may answer, and does; ends all of it, and gives back what was wrong. */
  endAll(version: 'stable' | 'candidate'): Promise<readonly string[]>;
}

/** Makes a route that serves the stable version; either may answer once a deployment runs. */
async function loadsOn(
  route: string,
  options: { readonly testers?: number; readonly mayFail?: boolean } = {},
): Promise<NodeLoads> {
  await cluster.addRoutes(route);
  await cluster.whenConverged();
  const loads = new Map<LastingProcess, RouteLoad>();
  const begin = (node: LastingProcess): void => {
    const load = startRouteLoad({ port: node.proxyPort, route, rate: rate / cluster.nodes.length, ...options });
    load.allow('stable', 'candidate');
    loads.set(node, load);
  };
  for (const node of cluster.nodes) begin(node);
  await Promise.all([...loads.values()].map((load) => load.more(5)));
  return {
    all: () => [...loads.values()],
    begin,
    end: async (node) => (await loads.get(node)?.stop()) ?? [],
    endAll: async (version) => {
      const wrong: string[] = [];
      for (const load of loads.values()) {
        load.allow(version);
        await load.more(20);
        wrong.push(...(await load.stop()));
      }
      return wrong;
    },
  };
}
