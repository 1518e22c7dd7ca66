import { startLoad } from '../kit/index.ts';
import type { Answer, Load } from '../kit/index.ts';
import { testerHeader } from './backends.ts';
import type { Version } from './backends.ts';

/** Constant load on one route, every answer of which is judged. */
export interface RouteLoad {
  /** What was wrong, the first hundred. */
  readonly wrong: readonly string[];
  /** Answers so far, in the order in which they came. */
  readonly answers: readonly RouteAnswer[];
  /** From now on other versions may answer; requests under way may still be answered by those before. */
  allow(...versions: readonly Version[]): void;
  /** Waits for so many more answers to requests that are sent from now on. */
  more(count: number): Promise<void>;
  /** Ends it; gives back what was wrong. */
  stop(): Promise<readonly string[]>;
}

/** An answer of a version. Times are those of `performance.now()`. */
export interface RouteAnswer {
  readonly version: Version;
  readonly status: number;
  readonly isTester: boolean;
  readonly revision: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** What the load is. */
export interface RouteLoadOptions {
  readonly port: number;
  readonly route: string;
  /** Requests per second; 60 by default. */
  readonly rate?: number;
  readonly connections?: number;
  /** Every so many'th request is a tester's; none by default. */
  readonly testers?: number;
  /** Whether the candidate may answer 500; no by default. */
  readonly mayFail?: boolean;
  readonly method?: string;
}

/** Starts load on keep-alive connections; at first only the stable version may answer. */
export function startRouteLoad({
  port,
  route,
  rate = 60,
  connections = 3,
  testers,
  mayFail = false,
  method = 'GET',
}: RouteLoadOptions): RouteLoad {
  const answers: RouteAnswer[] = [];
  const waiting = new Map<number, { allowed: ReadonlySet<Version>; sentAt: number }>();
  const waiters = new Set<{ since: number; left: number; done: () => void }>();
  let allowed: ReadonlySet<Version> = new Set(['stable']);
  const isTester = (index: number): boolean => testers !== undefined && index % testers === 0;
  // A revision, no moment: the workers of a node change one after the other.
  let testersSince = Number.POSITIVE_INFINITY;

  const judge = (answer: Answer, index: number): string | undefined => {
    const sent = waiting.get(index);
    waiting.delete(index);
    const version = answer.body as Version;
    const one = {
      version,
      status: answer.status,
      isTester: isTester(index),
      revision: Number(answer.headers['x-gateway-revision']),
      sentAt: sent?.sentAt ?? 0,
      answeredAt: performance.now(),
    };
    answers.push(one);
    for (const waiter of waiters) if (one.sentAt >= waiter.since && --waiter.left === 0) waiter.done();
    if (!sent?.allowed.has(version) && !allowed.has(version)) {
      return `${route}: ${answer.status} ${answer.body.slice(0, 100)}, expected ${[...allowed].join(' or ')}`;
    }
    if (answer.status !== 200 && !(mayFail && version === 'candidate')) return `${route}: ${answer.status} ${version}`;
    if (!one.isTester) return undefined;
    // Who tries the candidate out stays with it for as long as there is one.
    if (version === 'candidate') testersSince = Math.min(testersSince, one.revision);
    const isLost = version === 'stable' && allowed.has('candidate') && one.revision >= testersSince;
    return isLost ? `${route}: a tester was sent to the stable version` : undefined;
  };

  const load: Load = startLoad({
    port,
    connections,
    rate,
    request: (index) => {
      waiting.set(index, { allowed, sentAt: performance.now() });
      return { path: `/${route}/x`, method, headers: isTester(index) ? testerHeader : {} };
    },
    judge,
  });
  return {
    wrong: load.wrong,
    answers,
    allow: (...versions) => {
      allowed = new Set(versions);
      if (!allowed.has('candidate')) testersSince = Number.POSITIVE_INFINITY;
    },
    more: (count) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiters.delete(waiter);
          resolve();
        };
        const waiter = { since: performance.now(), left: count, done };
        waiters.add(waiter);
      }),
    stop: async () => {
      await load.stop();
      return load.wrong;
    },
  };
}
