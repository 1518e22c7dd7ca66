import { expect, test } from 'vitest';
import type { Deployment } from './deployment.ts';
import { Observation } from './observation.ts';
import { begin, planned } from './testing/parts.ts';
import { noCounts } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';

function counts(requests: number, failures = 0): VersionCounts {
  return { ...noCounts, requests, failures, latencies: [[80, requests]] };
}

/** Both versions had so many requests, of which those of the candidate failed so often. */
function whole(requests: number, failures = 0): SplitCounts {
  return { stable: counts(requests), candidate: counts(requests, failures) };
}

function observe() {
  const observation = new Observation(1);
  let deployment = { ...planned({ strategy: 'Canary' }), currentPhaseIndex: 0, percentage: 10, epoch: 1 };
  return (second: number, seen: SplitCounts, leftOut: readonly string[] = []) => {
    deployment = observation.observe(deployment, { whole: seen, leftOut, gates: [], now: begin + second * 1000 });
    const { window, candidate, explanation } = observation.latest!;
    const { requestCount, failedRequests } = window.candidate;
    return {
      seconds: window.seconds,
      window: [requestCount, failedRequests],
      all: candidate.requestCount,
      explanation,
    };
  };
}

test('the window begins anew when a node is left out, and when it counts again: other nodes are not compared', () => {
  const look = observe();
  look(0, whole(1000));
  expect(look(10, whole(2000, 400))).toMatchObject({ seconds: 10, window: [1000, 400] });
  // Without the node there are fewer than before; what the others count from now on is what is new.
  const left = look(11, whole(800, 2), ['n3: its counters went down']);
  expect(left).toMatchObject({ seconds: 0, window: [800, 2], all: 800 });
  expect(left.explanation).toMatch(/; n3: its counters went down$/);
  expect(look(12, whole(900, 3), ['n3: its counters went down'])).toMatchObject({ seconds: 1, window: [100, 1] });
  expect(look(13, whole(3000, 500))).toMatchObject({ seconds: 0, window: [3000, 500] });
  expect(look(14, whole(3100, 501))).toMatchObject({ seconds: 1, window: [100, 1] });
});

test('what a node counted that counts again is not judged as if it had just happened', () => {
  const look = observe();
  look(0, whole(10_000));
  look(1, whole(8_000), ['n3: odd']);
  // 2,000 requests come back, all of which failed; they are older than the look before.
  look(2, { stable: counts(10_000), candidate: counts(10_000, 2_000) });
  expect(look(3, { stable: counts(10_100), candidate: counts(10_100, 2_000) }).window).toEqual([100, 0]);
});

test('the window begins anew when the clock was put back', () => {
  const look = observe();
  look(100, whole(1000));
  look(110, whole(2000));
  expect(look(50, whole(2100))).toMatchObject({ seconds: 0, window: [2100, 0] });
  expect(look(60, whole(2200))).toMatchObject({ seconds: 10, window: [100, 0] });
});

test('when a request of the candidate was last counted is remembered, also by the next leader', () => {
  const started = { ...planned({ strategy: 'Canary' }), currentPhaseIndex: 0, percentage: 10, epoch: 1 };
  const at = (second: number): string => new Date(begin + second * 1000).toISOString();
  const look = (observation: Observation, from: Deployment, second: number, seen: SplitCounts): Deployment =>
    observation.observe(from, { whole: seen, gates: [], now: begin + second * 1000 });
  const first = new Observation(1);
  const none = look(first, started, 0, { stable: counts(10), candidate: noCounts });
  expect(none.verdict?.lastRequestAt).toBeUndefined();
  const some = look(first, none, 1, whole(10));
  expect(look(first, some, 9, whole(10)).verdict?.lastRequestAt).toBe(at(1));
  const next = new Observation(1, whole(10));
  const quiet = look(next, some, 20, whole(10));
  expect(quiet.verdict?.lastRequestAt).toBe(at(1));
  const abandoned = { stable: counts(10), candidate: { ...counts(10), aborted: 1 } };
  expect(look(next, quiet, 30, abandoned).verdict?.lastRequestAt).toBe(at(30));
});
