import type { DeploymentResource } from '@sluice/model/api';
import { expect, test } from 'vitest';
import { styleFor } from '../terminal/style.ts';
import { drawView } from './draw-view.ts';
import type { ViewOptions } from './draw-view.ts';
import { after, begun, check, phase, side, someDeployment, someMetrics } from './testing/some-deployment.ts';
import { firstState, withDeployment, withMetrics } from './watch-state.ts';
import type { WatchState } from './watch-state.ts';

const plain = styleFor({ write: () => true }, {});

function view(state: WatchState, options: Partial<ViewOptions> = {}): string {
  const lines = drawView(state, { columns: 80, now: begun + 14_000, style: plain, ...options });
  for (const line of lines) expect(line).toBe(line.trimEnd());
  return `${lines.join('\n')}\n`;
}

function looked(deployment: DeploymentResource): WatchState {
  const latencies = [10, 11, 12, 11, 25, 12, 12, 13];
  return latencies.reduce(
    (state, latency, index) =>
      withMetrics(state, someMetrics(index, { stable: side(12_204, 0.002), canary: side(1311, 0.0005, latency) })),
    firstState(deployment),
  );
}

const ended = { completedAt: after(38), trafficSplit: { stablePercentage: 0, canaryPercentage: 100 } } as const;
const done = [phase(0, 'Completed', 0, 10), phase(10, 'Completed', 10, 20), phase(100, 'Completed', 20, 38)];
const judgement = {
  verdict: 'rollBack' as const,
  explanation:
    'The candidate failed 8.1 % of 1,204 requests, the stable version 0.2 % of 1,188: worse by more than the 5 points allowed.',
  checks: [check('errors', 'worse'), check('latency', 'worse')],
};

const cases: Record<string, () => string> = {
  running: () => view(looked(someDeployment())),
  'running-narrow': () => view(looked(someDeployment()), { columns: 56 }),
  'running-wide': () => view(looked(someDeployment()), { columns: 200 }),
  'running-low': () => view(looked(someDeployment()), { rows: 12 }),
  'running-very-low': () => view(looked(someDeployment()), { rows: 8 }),
  begins: () => view(firstState(someDeployment({ phases: [phase(10, 'InProgress', 14)], currentPhaseIndex: 0 }))),
  'longer-than-planned': () => view(looked(someDeployment()), { now: begun + 95_000 }),
  'many-phases': () => {
    const phases = Array.from({ length: 30 }, (_, index) =>
      phase(index, index < 14 ? 'Completed' : index === 14 ? 'InProgress' : 'Pending', index < 15 ? index : undefined),
    );
    return view(looked(someDeployment({ phases, currentPhaseIndex: 14 })));
  },
  'several-routes': () =>
    view(
      looked(
        someDeployment({
          routes: [
            { routeId: 'shop', configVersion: '1.1', stableVersion: '1.0' },
            { routeId: 'cart', configVersion: '7' },
            { routeId: 'pay', configVersion: '3', stableVersion: '3' },
          ],
        }),
      ),
    ),
  rolling: () =>
    view(
      looked(
        someDeployment({
          strategy: 'Rolling',
          phases: [phase(100, 'InProgress', 0)],
          currentPhaseIndex: 0,
          step: {
            kind: 'rolling',
            done: ['eu-1', 'eu-2'],
            turning: [{ nodeId: 'eu-3', stage: 'draining', since: after(9) }],
          },
        }),
      ),
    ),
  warming: () =>
    view(firstState(someDeployment({ strategy: 'BlueGreen', step: { kind: 'warming', since: after(0) } }))),
  waits: () =>
    view(
      firstState(someDeployment({ status: 'Pending', phases: [], waitingFor: 'Waits for the end of shop-xyz789.' })),
    ),
  'waits-for-approval': () =>
    view(firstState(someDeployment({ status: 'AwaitingApproval', environment: 'Production' }))),
  asks: () =>
    view(
      looked(
        someDeployment({
          status: 'Paused',
          paused: { at: after(12), asks: true, reason: 'No request reached the candidate for 5 minutes.' },
        }),
      ),
    ),
  paused: () =>
    view(looked(someDeployment({ status: 'Paused', paused: { at: after(12), asks: false, reason: 'lunch' } }))),
  away: () =>
    view({ ...looked(someDeployment()), disconnected: 'http://127.0.0.1:5000 does not answer: trying again' }),
  worse: () =>
    view(withMetrics(looked(someDeployment()), someMetrics(14, { ...judgement, canary: side(1204, 0.081, 40) }))),
  completed: () =>
    view(withDeployment(looked(someDeployment()), someDeployment({ ...ended, status: 'Completed', phases: done })), {
      isFinal: true,
    }),
  'rolled-back': () =>
    view(
      withDeployment(
        looked(someDeployment()),
        someDeployment({
          status: 'RolledBack',
          completedAt: after(14),
          phases: [phase(0, 'Completed', 0, 10), phase(10, 'RolledBack', 10, 14), phase(100, 'Pending')],
          trafficSplit: { stablePercentage: 100, canaryPercentage: 0 },
          rollbackReason: judgement.explanation,
        }),
      ),
      { isFinal: true },
    ),
  'names-that-could-steer': () =>
    view(
      looked(
        someDeployment({
          routes: [{ routeId: 'a\u001B[2J', configVersion: 'x'.repeat(200) }],
          environment: 'b\u0007',
          paused: { at: after(1), asks: false, reason: 'c\u001B[31m' },
          status: 'Paused',
        }),
      ),
    ),
};

test.each(Object.keys(cases))('the view: %s', async (name) => {
  await expect(cases[name]?.()).toMatchFileSnapshot(`./golden/${name}.txt`);
});

test('no line is longer than the terminal, and the height does not change while the sentence does', () => {
  const state = looked(someDeployment());
  for (const columns of [56, 60, 80, 100]) {
    for (const line of view(state, { columns }).split('\n')) expect(line.length).toBeLessThan(columns);
  }
  const short = withMetrics(state, someMetrics(9, { explanation: 'Yes.' }));
  expect(view(short).split('\n').length).toBe(view(state).split('\n').length);
});

test('what speaks against the candidate is red, and nothing else', () => {
  const style = styleFor({ write: () => true, isTTY: true }, {});
  const bad = withMetrics(
    firstState(someDeployment()),
    someMetrics(1, { verdict: 'rollBack', checks: [check('errors', 'worse')], canary: side(100, 0.081, 40) }),
  );
  const lines = drawView(bad, { columns: 80, now: begun, style });
  const red = lines.flatMap((line) =>
    line
      .split('\u001B[31m')
      .slice(1)
      .map((text) => text.split('\u001B')[0].trim()),
  );
  expect(red).toEqual(['8.1 %', 'worse', 'worse']);
});
