import { Agent } from 'node:http';
import type { RequestOptions } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';

/** Requests that run beside a test. */
export interface Load {
  readonly answered: number;
  /** What went wrong, the first hundred. */
  readonly wrong: readonly string[];
  /** Latencies in ms since the last call of this. */
  takeLatencies(): number[];
  /** Ends the load once the requests under way are answered. */
  stop(): Promise<void>;
}

/** What the load asks for and how an answer is judged: undefined when right, otherwise what is wrong. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Requests per second, all connections together; as many as are answered if absent. */
  readonly rate?: number;
  readonly request: (index: number) => RequestOptions & { path: string; body?: string };
  readonly judge: (answer: Answer, index: number) => string | undefined;
}

/** Keeps `connections` keep-alive connections busy until stopped. A request that fails is a wrong answer. */
export function startLoad({ port, connections, rate, request, judge }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const wrong: string[] = [];
  let latencies: number[] = [];
  let answered = 0;
  let index = 0;
  let stopped = false;
  const begin = performance.now();
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const number = index++;
      // Each has its moment: what was answered late is not followed by a gap.
      if (rate !== undefined) await pause(Math.max(0, begin + (number / rate) * 1000 - performance.now()));
      if (stopped) return;
      const { path, ...options } = request(number);
      const begun = performance.now();
      const problem = await ask(port, path, { agent, ...options }).then(
        (answer) => judge(answer, number),
        (error: unknown) => `${path}: ${String(error)}`,
      );
      latencies.push(performance.now() - begun);
      answered++;
      if (problem !== undefined && wrong.length < 100) wrong.push(problem);
    }
  };
  const lanes = Promise.all(Array.from({ length: connections }, lane));
  return {
    get answered() {
      return answered;
    },
    wrong,
    takeLatencies: () => {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    stop: async () => {
      stopped = true;
      await lanes;
      agent.destroy();
    },
  };
}

/** The value below which `share` (0 to 1) of the numbers lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
