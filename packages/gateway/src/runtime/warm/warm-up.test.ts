import { splitConfig } from '@sluice/model';
import type { RouteConfig } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RoutePlan } from '../../compile/plan.ts';
import { configOf } from '../../compile/testing/plans.ts';
import type { RouteInput } from '../../compile/testing/plans.ts';
import { createManualDelay } from '../../health/testing/manual-delay.ts';
import type { ManualDelay } from '../../health/testing/manual-delay.ts';
import type { HealthStatus } from '../../state/index.ts';
import type { SmokeContext } from './smoke.ts';
import { WarmUp } from './warm-up.ts';

const probeToken = 'the-secret-token-1';
const warm = { probeToken, smoke: [{ path: '/a' }, { path: '/b' }] };

interface PlanInput {
  readonly candidate?: RouteInput;
  readonly split?: Readonly<Record<string, unknown>>;
}

function routeOf(input: RouteInput): RouteConfig {
  return configOf({ one: input }).routes[0];
}

/** A route whose candidate has its backends in places 10, 11 … */
function planOf({ candidate = {}, split = {} }: PlanInput = {}): RoutePlan {
  const settings = splitConfig.parse({ deploymentId: 'd-1', epoch: 1, percentage: 0, warm, ...split });
  const second = routeOf(candidate);
  return {
    config: { ...routeOf({}), split: { ...settings, candidate: second } },
    slot: 0,
    places: [{ target: 0, backend: 0 }],
    split: {
      places: second.backends.map((_backend, index) => ({ target: 10 + index, backend: 10 + index })),
      limit: 0,
      versions: { stable: 0, candidate: 1 },
    },
  };
}

/** One smoke request that waits for the test to answer. */
interface Pending {
  readonly path: string;
  readonly context: SmokeContext;
  /** Answers with a problem or with none. */
  end(problem?: string): Promise<void>;
}

let time: ManualDelay;
let warmUp: WarmUp;
let health: Map<number, HealthStatus>;
let checked: number[][];
/** What each worker says stands in the way, and how far it has come; a round of -1 for one that says nothing. */
let worker: { round: number; problems: string[] };
let asked: { round: number; routeNames: readonly string[] }[];
let pending: Pending[];
beforeEach(() => {
  time = createManualDelay();
  health = new Map();
  checked = [];
  asked = [];
  pending = [];
  worker = { round: -1, problems: [] };
  warmUp = new WarmUp({
    workers: {
      warm: (round, routeNames) => asked.push({ round, routeNames }),
      coldness: (round) => (worker.round >= round ? worker.problems : undefined),
    },
    health: {
      checkNow: (slots) => {
        checked.push([...(slots ?? [])]);
        return Promise.resolve(new Map());
      },
    },
    state: { health: { get: (slot) => health.get(slot) ?? 'Unknown' } },
    door: { host: '127.0.0.1', port: 1, secure: false },
    delay: time.delay,
    send: (smoke, context) =>
      new Promise((resolve) => {
        const end = async (problem?: string): Promise<void> => {
          pending = pending.filter((other) => other.path !== smoke.path || other.context !== context);
          resolve(problem);
          await new Promise((settled) => setImmediate(settled));
        };
        pending.push({ path: smoke.path, context, end });
      }),
  });
});

/** The workers have opened all that they were asked to open last. */
function connected(...problems: string[]): void {
  worker = { round: asked.at(-1)?.round ?? 0, problems };
}

const paths = (): string[] => pending.map(({ path }) => path).toSorted();
const answerAll = async (problem?: string): Promise<void> => {
  for (const each of pending) await each.end(problem);
};

describe('a candidate is ready', () => {
  test('when it is connected on every worker and all smoke requests have passed, not before', async () => {
    const plan = planOf();
    warmUp.update([plan]);
    expect(warmUp.readiness(plan)).toEqual({
      ready: false,
      problems: [
        'The connections to the candidate are being opened.',
        'The smoke request GET /a has not been answered yet.',
        'The smoke request GET /b has not been answered yet.',
      ],
    });
    expect(asked).toEqual([{ round: 1, routeNames: ['one'] }]);
    time.advance(25);
    expect(pending).toEqual([]);
    connected();
    time.advance(50);
    expect(paths()).toEqual(['/a', '/b']);
    expect(pending[0].context).toMatchObject({ probeToken, candidate: plan.config.split?.candidate });
    await pending[0].end();
    expect(warmUp.readiness(plan).ready).toBe(false);
    await answerAll();
    expect(warmUp.readiness(plan)).toEqual({ ready: true, problems: [] });
    time.advance(60_000);
    expect(pending).toEqual([]);
  });

  test('without smoke requests as soon as it is connected', () => {
    const plan = planOf({ split: { warm: undefined } });
    warmUp.update([plan]);
    expect(warmUp.readiness(plan)).toEqual({
      ready: false,
      problems: ['The connections to the candidate are being opened.'],
    });
    connected();
    expect(warmUp.readiness(plan).ready).toBe(true);
  });

  test('not by what workers said of the candidate before it', () => {
    warmUp.update([planOf({ split: { warm: undefined } })]);
    connected();
    const next = planOf({ split: { warm: undefined, deploymentId: 'd-2' } });
    expect(warmUp.readiness(next).ready).toBe(false);
    warmUp.update([next]);
    expect(warmUp.readiness(next).ready).toBe(false);
    connected();
    expect(warmUp.readiness(next).ready).toBe(true);
  });

  test('not while a worker cannot reach a backend, which it says', () => {
    const plan = planOf({ split: { warm: undefined } });
    warmUp.update([plan]);
    connected('The backend a is not connected: connecting failed: ECONNREFUSED.');
    const { ready, problems } = warmUp.readiness(plan);
    expect({ ready, problems }).toEqual({
      ready: false,
      problems: ['The backend a is not connected: connecting failed: ECONNREFUSED.'],
    });
  });

  test('not before the first health check has succeeded; it is made at once', () => {
    const healthCheck = { type: 'Tcp', interval: '10m' } as const;
    const backends = ['a', 'b', 'off'].map((name, index) => ({
      name,
      url: `http://192.0.2.${index}`,
      healthCheck,
      isEnabled: name !== 'off',
    }));
    const plan = planOf({ candidate: { backends }, split: { warm: { probeToken, smoke: [{ path: '/a' }] } } });
    warmUp.update([plan]);
    connected();
    expect(checked).toEqual([[10, 11]]);
    expect(warmUp.readiness(plan).problems.slice(0, 2)).toEqual([
      'No health check of the backend a has succeeded yet.',
      'No health check of the backend b has succeeded yet.',
    ]);
    health.set(10, 'Healthy');
    time.advance(25);
    expect(checked).toEqual([[10, 11], [11]]);
    health.set(11, 'Unhealthy');
    time.advance(1_000);
    expect(checked).toHaveLength(2);
    expect(warmUp.readiness(plan).problems[0]).toBe('The backend b is unhealthy.');
    expect(pending).toEqual([]);
    health.set(11, 'Healthy');
    time.advance(1_000);
    expect(paths()).toEqual(['/a']);
  });

  test('no longer when it stops being healthy', async () => {
    const plan = planOf();
    warmUp.update([plan]);
    connected();
    time.advance(25);
    await answerAll();
    expect(warmUp.readiness(plan).ready).toBe(true);
    health.set(10, 'Draining');
    expect(warmUp.readiness(plan)).toEqual({ ready: false, problems: ['The backend a is being drained.'] });
  });

  test('only with a backend that is to get requests', () => {
    const backends = [
      { name: 'off', url: 'http://192.0.2.1', isEnabled: false },
      { name: 'idle', url: 'http://192.0.2.2', weight: 0 },
    ];
    const plan = planOf({ candidate: { backends } });
    warmUp.update([plan]);
    connected();
    time.advance(1_000);
    expect(warmUp.readiness(plan).problems[0]).toBe('The candidate has no backend that is enabled and has a weight.');
    expect(pending).toEqual([]);
  });

  test('or says at most twenty reasons why not', () => {
    const backends = Array.from({ length: 30 }, (_each, index) => ({
      name: `b${index}`,
      url: `http://192.0.2.${index}`,
    }));
    const plan = planOf({ candidate: { backends } });
    for (let slot = 10; slot < 40; slot++) health.set(slot, 'Unhealthy');
    warmUp.update([plan]);
    expect(warmUp.readiness(plan).problems).toHaveLength(20);
  });
});

describe('a smoke request that fails', () => {
  test('is told, and sent again every second until it passes; the others are not', async () => {
    const plan = planOf();
    warmUp.update([plan]);
    connected();
    time.advance(25);
    await pending.find(({ path }) => path === '/a')?.end();
    await answerAll('It was 500.');
    expect(warmUp.readiness(plan)).toEqual({ ready: false, problems: ['It was 500.'] });
    for (let second = 0; second < 5; second++) {
      expect(pending).toEqual([]);
      // A second of rest, and until the next look.
      time.advance(2_000);
      expect(paths()).toEqual(['/b']);
      await answerAll('It was 500.');
    }
    time.advance(2_000);
    await answerAll();
    expect(warmUp.readiness(plan)).toEqual({ ready: true, problems: [] });
  });

  test('is not sent twice at a time, however long it takes', async () => {
    const plan = planOf({ split: { warm: { probeToken, smoke: [{ path: '/a' }] } } });
    warmUp.update([plan]);
    connected();
    time.advance(9_000);
    expect(pending).toHaveLength(1);
    expect(pending[0].context.signal.aborted).toBe(false);
    time.advance(2_000);
    expect(pending[0].context.signal).toMatchObject({ aborted: true, reason: 'not within 10 seconds' });
    await answerAll('It took too long.');
    expect(warmUp.readiness(plan).problems).toEqual(['It took too long.']);
  });
});

describe('another share', () => {
  test('leaves what has passed as it is, and what is under way', async () => {
    warmUp.update([planOf()]);
    connected();
    time.advance(25);
    await pending[0].end();
    const next = planOf({ split: { percentage: 50, epoch: 2 } });
    warmUp.update([next]);
    expect(paths()).toEqual(['/b']);
    await answerAll();
    expect(warmUp.readiness(next).ready).toBe(true);
    const last = planOf({ split: { percentage: 100, epoch: 3 } });
    warmUp.update([last]);
    expect(warmUp.readiness(last).ready).toBe(true);
    expect(pending).toEqual([]);
  });
});

describe('another candidate', () => {
  test('begins anew; what the one before is answered counts for nothing', async () => {
    warmUp.update([planOf()]);
    connected();
    time.advance(25);
    const before = [...pending];
    const next = planOf({ candidate: { timeoutSeconds: 3 } });
    warmUp.update([next]);
    expect(before.every(({ context }) => context.signal.aborted)).toBe(true);
    connected();
    for (const each of before) await each.end();
    expect(warmUp.readiness(next).ready).toBe(false);
    time.advance(25);
    expect(paths()).toEqual(['/a', '/b']);
    await answerAll();
    expect(warmUp.readiness(next).ready).toBe(true);
  });
});

describe('both versions', () => {
  test('are kept warm every second for as long as the split is there', () => {
    warmUp.update([planOf()]);
    time.advance(60_000);
    const before = asked.length;
    time.advance(10_000);
    expect(asked.length - before).toBe(10);
    warmUp.update([]);
    time.advance(10_000);
    expect(asked.length - before).toBe(10);
    expect(time.waiting).toBe(0);
  });

  test('are let go when the gateway closes, with all that waits', async () => {
    warmUp.update([planOf()]);
    connected();
    time.advance(25);
    const [first] = pending;
    warmUp.close();
    expect(first.context.signal.aborted).toBe(true);
    await answerAll('Too late.');
    warmUp.update([planOf()]);
    expect(time.waiting).toBe(0);
  });
});
