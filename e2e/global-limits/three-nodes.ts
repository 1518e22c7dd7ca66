import type { GatewayConfigInput } from '@sluice/model';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import type { TestRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { startHttpBackend, startSluice } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

/** Three nodes that count in one Redis, each from a file of its own. */
export interface ThreeNodes {
  readonly redis: TestRedis;
  readonly backend: HttpBackend;
  readonly nodes: readonly Sluice[];
  /** Gives all nodes another configuration. */
  apply(changes: Partial<GatewayConfigInput>): Promise<void>;
  close(): Promise<void>;
}

/** How far the clock of each node is off, in milliseconds. */
export const clockOffsets = [0, 2_000, -2_000];

/** Starts a Redis, a backend and three nodes of two workers, whose clocks are 2 s apart from each other. */
export async function startThreeNodes(routes: NonNullable<GatewayConfigInput['routes']>): Promise<ThreeNodes> {
  const [redis, backend] = await Promise.all([startRedis(), startHttpBackend('a')]);
  const config: GatewayConfigInput = {
    role: 'gateway',
    redis: { url: redis.url, prefix: 'e2e:', timeout: '2s' },
    proxy: { workers: 2 },
    routes: routes.map((route) => ({ ...route, backends: [{ name: 'a', url: backend.url }] })),
  };
  const nodes = await Promise.all(
    clockOffsets.map((offset) => startSluice(config, { env: { NODE_OPTIONS: shiftedClock(offset) } })),
  );
  return {
    redis,
    backend,
    nodes,
    async apply(changes) {
      await Promise.all(nodes.map((node) => node.apply({ ...config, ...changes })));
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([redis.stop(), backend.close()]);
    },
  };
}

/** An option of Node by which every thread of the process sees another time of day. */
function shiftedClock(offset: number): string {
  const program = `const { Date: Real } = globalThis;
const now = Real.now.bind(Real);
Real.now = () => now() + ${offset};
globalThis.Date = new Proxy(Real, {
  construct: (target, values, self) => Reflect.construct(target, values.length === 0 ? [Real.now()] : values, self),
  apply: () => new Real(Real.now()).toString(),
});`;
  return `--import=data:text/javascript,${encodeURIComponent(program)}`;
}
