import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { startPostgres } from '../../packages/control/src/store/postgres/testing/start-postgres.ts';
import { createProcess, ManagementApi, quantile, startHttpBackend, startLoad, until } from '../kit/index.ts';
import type { Answer, HttpBackend, LastingProcess, Load } from '../kit/index.ts';

const changes = 500;
const password = 'correct horse battery staple';
type Server = Awaited<ReturnType<typeof startRedis>>;

let redis: Server;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let backend: HttpBackend;
let controls: LastingProcess[];
let gateways: LastingProcess[];
let api: ManagementApi;

beforeAll(async () => {
  [redis, postgres, backend] = await Promise.all([startRedis(), startPostgres(), startHttpBackend('a')]);
  const env = {
    DATABASE_URL: postgres.url(),
    REDIS_URL: redis.url,
    SLUICE_ADMIN_PASSWORD: password,
    SLUICE_JOIN_TOKEN: 'a-token-of-the-cluster-test',
  };
  controls = await Promise.all(
    ['control-1', 'control-2'].map((name) =>
      createProcess({ name, role: 'control', config: { access: { limitFactor: 0 } }, env }),
    ),
  );
  for (const control of controls) await control.start();
  const controlUrls = controls.map(({ managementPort }) => `http://127.0.0.1:${managementPort}`);
  gateways = await Promise.all(
    ['node-1', 'node-2', 'node-3'].map((name) =>
      createProcess({
        name,
        role: 'gateway',
        config: { proxy: { workers: 1, exposeRevision: true }, node: { name, controlUrls } },
        env: { SLUICE_JOIN_TOKEN: env.SLUICE_JOIN_TOKEN },
      }),
    ),
  );
  api = new ManagementApi({ controls, password });
  await api.acknowledged('POST', '/gateway/routes', routeAt(0));
  await Promise.all(gateways.map((gateway) => gateway.start()));
}, 120_000);

afterAll(async () => {
  await Promise.all([...gateways, ...controls].map((process) => process.remove()));
  await Promise.all([redis.stop(), postgres.stop(), backend.close()]);
}, 60_000);

/** The route as of a change: every answer names the change that it is of. */
function routeAt(change: number) {
  return {
    name: 'counted',
    pathPattern: '/counted/**',
    backends: [{ name: 'a', url: backend.url }],
    transformations: { response: { addHeaders: { 'x-change': String(change) } } },
  };
}

/** Which change each acknowledged revision is of. */
const changeOf = new Map<number, number>();

/** Every answer is of a change that was asked for, of the one its revision stands for, and never of an earlier one than before. */
function judgeOf(newest: { change: number }) {
  let last = { change: 0, revision: 0 };
  return ({ status, headers, body }: Answer): string | undefined => {
    const change = Number(headers['x-change']);
    const revision = Number(headers['x-gateway-revision']);
    const expected = changeOf.get(revision);
    const isBack = change < last.change || revision < last.revision;
    const went = isBack ? `${sentence({ change, revision })} after ${sentence(last)}` : undefined;
    if (!isBack) last = { change, revision };
    if (status !== 200 || body !== 'a') return `${status} ${body.slice(0, 100)}`;
    if (!(change <= newest.change)) return `change ${change} was never asked for`;
    if (expected !== undefined && expected !== change)
      return `revision ${revision} is change ${expected}, not ${change}`;
    return went;
  };
}

function sentence({ change, revision }: { change: number; revision: number }): string {
  return `change ${change} (revision ${revision})`;
}

test(
  '500 changes reach three nodes under load, whatever is killed meanwhile; nothing acknowledged is lost',
  { timeout: 300_000 },
  async () => {
    const newest = { change: 0 };
    const loadOn = (gateway: LastingProcess): Load =>
      startLoad({
        port: gateway.proxyPort,
        connections: 1,
        request: () => ({ path: '/counted/x' }),
        judge: judgeOf(newest),
      });
    const loads = new Map(gateways.map((gateway) => [gateway, loadOn(gateway)]));
    const wrong: string[] = [];
    let answered = 0;
    const endLoad = async (gateway: LastingProcess): Promise<void> => {
      const load = loads.get(gateway)!;
      await load.stop();
      answered += load.answered;
      wrong.push(...load.wrong);
      loads.delete(gateway);
    };
    const latencies: number[] = [];
    const background: Promise<void>[] = [];

    /** What is killed at which change, and comes back on its own time while the changes go on. */
    const faults: Record<number, () => Promise<void>> = {
      async 100() {
        const [, node] = gateways;
        await endLoad(node);
        await node.kill();
        await node.start();
        loads.set(node, loadOn(node));
      },
      async 200() {
        const leads = async (control: LastingProcess): Promise<boolean> =>
          (await control.health())?.control?.leading === true;
        const leader = await until('a leader', async () => {
          const leading = await Promise.all(controls.map(leads));
          return controls[leading.indexOf(true)];
        });
        await leader.kill();
        const other = controls.find((control) => control !== leader)!;
        await until('the other control process to lead', () => leads(other));
        await leader.start();
      },
      async 300() {
        await redis.kill();
        await redis.restart();
      },
      async 400() {
        await postgres.kill();
        await postgres.restart();
      },
    };

    for (let change = 1; change <= changes; change++) {
      newest.change = change;
      const fault = faults[change];
      if (fault !== undefined) background.push(fault());
      const answer = await api.acknowledged('PUT', '/gateway/routes/counted', routeAt(change));
      const { revision } = JSON.parse(answer.body) as { revision: number };
      changeOf.set(revision, change);
      const begun = performance.now();
      const behind = async (): Promise<boolean> => {
        const live = gateways.filter((gateway) => loads.has(gateway));
        const revisions = await Promise.all(live.map(async (gateway) => (await gateway.health())?.revision ?? 0));
        return revisions.every((one) => one >= revision);
      };
      await until(`change ${change} on every node`, behind, { detail: () => outputs() });
      latencies.push(performance.now() - begun);
    }
    await Promise.all(background);
    await until('all nodes to run the last change', async () => {
      const revisions = await Promise.all(gateways.map(async (gateway) => (await gateway.health())?.revision));
      return revisions.every((revision) => revision === Math.max(...changeOf.keys()));
    });
    for (const gateway of gateways) await endLoad(gateway);

    const kept = await revisionsKept();
    const lost = [...changeOf.keys()].filter((revision) => !kept.has(revision));
    const seconds = (share: number): string => (quantile(latencies, share) / 1000).toFixed(3);
    console.log(
      `${changes} changes, ${answered} requests, ${wrong.length} wrong; live on all nodes after p50 ${seconds(0.5)} s, ` +
        `p99 ${seconds(0.99)} s, longest ${seconds(1)} s; not acknowledged at first: ${JSON.stringify(api.refusals)}`,
    );
    expect(wrong).toEqual([]);
    expect(lost).toEqual([]);
    expect(changeOf.size).toBe(changes);
    const nodes = JSON.parse((await api.acknowledged('GET', '/gateway/nodes')).body) as { converged: boolean };
    expect(nodes.converged).toBe(true);
  },
);

async function revisionsKept(): Promise<Set<number>> {
  const kept = new Set<number>();
  for (let offset = 0; ; offset += 100) {
    const { body } = await api.acknowledged('GET', `/gateway/revisions?limit=100&offset=${offset}`);
    const { revisions } = JSON.parse(body) as { revisions: { revision: number }[] };
    for (const { revision } of revisions) kept.add(revision);
    if (revisions.length < 100) return kept;
  }
}

function outputs(): string {
  return [...controls, ...gateways].map(({ name, output }) => `--- ${name}\n${output.slice(-1500)}`).join('\n');
}
