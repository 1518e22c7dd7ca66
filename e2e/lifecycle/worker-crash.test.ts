import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashWorker } from '../../packages/gateway/src/runtime/testing/crash-worker.ts';
import { connectRaw, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, RawClient } from '../kit/index.ts';
import { startInProcess } from '../kit/start-in-process.ts';
import type { InProcessGateway } from '../kit/start-in-process.ts';

let backend: HttpBackend;
let node: InProcessGateway;

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  node = await startInProcess({
    proxy: { workers: 2 },
    routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
  });
});
afterAll(async () => {
  await node.close();
  await backend.close();
});

/** A client that asks one thing after the other on one connection, and opens another when that breaks. */
class Lane {
  answered = 0;
  broken = 0;
  readonly wrong: string[] = [];
  #stopped = false;
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#run();
  }

  /** Ends with the request under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    let client: RawClient | undefined;
    while (!this.#stopped) {
      try {
        client ??= await connectRaw(node.proxyPort);
        client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const { status, body } = await client.response();
        if (status === 200 && body.toString() === 'backend') this.answered++;
        else this.wrong.push(`${status} ${body.toString()}`);
      } catch {
        // Whose worker is gone comes back, as clients do.
        client = undefined;
        this.broken++;
      }
    }
    client?.close();
  }
}

test('a worker that crashes under load costs what it held and no more', async () => {
  const lanes = Array.from({ length: 32 }, () => new Lane());
  const total = (): number => lanes.reduce((sum, { broken }) => sum + broken, 0);
  const allAnswered = async (more: number): Promise<void> => {
    const goals = lanes.map(({ answered }) => answered + more);
    await until(
      `${more} more answers on each connection`,
      () => lanes.every((lane, at) => lane.answered >= goals[at]),
      {
        detail: () => node.log,
      },
    );
  };
  const survivors: number[] = [];
  await allAnswered(5);
  // In turn: the second crash leaves everything to the replacement of the first.
  for (const [crashes, index] of [0, 1, 0, 1].entries()) {
    const before = lanes.map(({ broken }) => broken);
    await crashWorker(index);
    await allAnswered(5);
    const after = total();
    survivors.push(lanes.filter(({ broken }, at) => broken === before[at]).length);
    await until('the replacement', () => node.gateway.status.health().workers.running === 2, {
      detail: () => node.log,
    });
    expect(await node.metric('api_gateway_worker_restarts_total')).toBe(crashes + 1);
    await allAnswered(20);
    expect(total(), 'connections that broke once the crash was over').toBe(after);
  }
  await Promise.all(lanes.map((lane) => lane.stop()));
  expect(lanes.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(total()).toBeGreaterThan(0);
  // Which connections the first worker held is the kernel's choice: all of 32 once in four thousand millions.
  expect(survivors[0]).toBeGreaterThan(0);
  expect(await node.metric('api_gateway_worker_restarts_total')).toBe(4);
  for (const name of ['api_gateway_active_connections', 'api_gateway_active_requests']) {
    await until(`${name} to be 0`, async () => (await node.metric(name)) === 0);
  }
});
