import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface LoadOptions {
  /** Where the demo route is served, such as `http://127.0.0.1:8000/demo`. */
  readonly url: string;
  readonly perSecond: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** The results so far. */
export interface LoadCounts {
  /** All requests, answered or not. */
  readonly sent: number;
  /** Complete answers by backend; those of the gateway itself have an empty name. */
  readonly answeredBy: Readonly<Record<string, number>>;
  /** Those with a status of 5xx. */
  readonly failedBy: Readonly<Record<string, number>>;
  /** Those with status 429. */
  readonly refused: number;
  /** Failed answers to testers. */
  readonly failedForTesters: number;
  /** Requests without a complete answer. */
  readonly dropped: number;
  /** Milliseconds from the first failed answer to the last. */
  readonly failingFor: number;
}

/** Requests that continue until they are stopped. */
export interface DemoLoad {
  readonly counts: LoadCounts;
  /** Sends no more requests, and waits for the open ones. */
  stop(): Promise<void>;
}

/** The latencies in milliseconds that the backends are asked for: most are short, as with real backends. */
const delays = [8, 9, 10, 11, 12, 13, 14, 16, 20, 30];
const users = 10_000;
const testerShare = 0.05;
const tickMs = 10;
/** The most requests that wait for an answer; more would only hide that the gateway is stuck. */
const mostUnderWay = 200;
const timeoutMs = 10_000;

/** Sends requests at a steady pace, whatever the answers, as the users of a service do. */
export function startDemoLoad({ url, perSecond, random }: LoadOptions): DemoLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: mostUnderWay });
  const tally = createTally();
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  let planned = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (; planned < due; planned++) {
      if (underWay.size >= mostUnderWay) continue;
      const exchange = send(url, { agent, random, tally }).finally(() => underWay.delete(exchange));
      underWay.add(exchange);
    }
  }, tickMs);
  return {
    get counts() {
      return tally.counts();
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
    },
  };
}

interface SendOptions {
  readonly agent: Agent;
  readonly random: () => number;
  readonly tally: Tally;
}

function send(url: string, { agent, random, tally }: SendOptions): Promise<void> {
  const delay = delays[Math.floor(random() * delays.length)] / 1000;
  const isTester = random() < testerShare;
  const headers = {
    'x-user': `user-${Math.floor(random() * users)}`,
    ...(isTester && { 'x-tester': 'yes' }),
  };
  tally.send();
  return new Promise((resolve) => {
    const drop = (): void => {
      tally.drop();
      resolve();
    };
    const exchange = request(`${url}/delay/${delay}`, { agent, headers, timeout: timeoutMs }, (response) => {
      response.once('error', drop).resume();
      response.once('end', () => {
        tally.answer(response, isTester);
        resolve();
      });
    });
    exchange.once('timeout', () => exchange.destroy(new Error('no answer in time')));
    exchange.once('error', drop).end();
  });
}

type Tally = ReturnType<typeof createTally>;

function createTally() {
  const answeredBy: Record<string, number> = {};
  const failedBy: Record<string, number> = {};
  let [sent, dropped, refused, failedForTesters] = [0, 0, 0, 0];
  let [firstFailure, lastFailure] = [0, 0];
  return {
    send() {
      sent += 1;
    },
    drop() {
      dropped += 1;
    },
    answer({ statusCode = 0, headers }: IncomingMessage, isTester: boolean) {
      const name = String(headers['x-served-by'] ?? '');
      answeredBy[name] = (answeredBy[name] ?? 0) + 1;
      if (statusCode === 429) refused += 1;
      if (statusCode < 500) return;
      failedBy[name] = (failedBy[name] ?? 0) + 1;
      if (isTester) failedForTesters += 1;
      lastFailure = performance.now();
      firstFailure ||= lastFailure;
    },
    counts: (): LoadCounts => ({
      sent,
      answeredBy: { ...answeredBy },
      failedBy: { ...failedBy },
      refused,
      failedForTesters,
      dropped,
      failingFor: lastFailure - firstFailure,
    }),
  };
}
