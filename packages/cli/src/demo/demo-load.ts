import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** What requests there shall be. */
export interface LoadOptions {
  /** Where the demo route is served, such as `http://127.0.0.1:8000/demo`. */
  readonly url: string;
  readonly perSecond: number;
  /** 0 to below 1, for what differs from request to request. */
  readonly random: () => number;
}

/** What became of the requests so far. */
export interface LoadCounts {
  /** Answered or not. */
  readonly sent: number;
  /** Whole answers by who gave them; without a name: the gateway. */
  readonly answeredBy: Readonly<Record<string, number>>;
  /** Of these: 5xx. */
  readonly failedBy: Readonly<Record<string, number>>;
  /** Of all that failed: those that testers got. */
  readonly failedForTesters: number;
  /** No answer, or not all of it. */
  readonly dropped: number;
  /** Milliseconds from the first failed answer to the last. */
  readonly failingFor: number;
}

/** Requests that go on until they are stopped. */
export interface DemoLoad {
  readonly counts: LoadCounts;
  /** Sends no more, and waits for the answers to those that were sent. */
  stop(): Promise<void>;
}

/** Milliseconds that the backends are asked to take: most are quick, few are not, as it is with real ones. */
const delays = [8, 9, 10, 11, 12, 13, 14, 16, 20, 30];
const users = 10_000;
const testerShare = 0.05;
const tickMs = 10;
/** As many can wait for an answer; more would only hide that the gateway is stuck. */
const mostUnderWay = 200;
const timeoutMs = 10_000;

/** Sends requests at a steady pace, whatever becomes of them, as the users of a service do. */
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
  let [sent, dropped, failedForTesters] = [0, 0, 0];
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
      failedForTesters,
      dropped,
      failingFor: lastFailure - firstFailure,
    }),
  };
}
