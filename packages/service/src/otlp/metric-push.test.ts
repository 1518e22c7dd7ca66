import { expect, test } from 'vitest';
import type { MetricWriter } from '../metric-text.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { MetricPush } from './metric-push.ts';

const metric = { name: 'm_total', type: 'counter', labels: [], help: 'A counter.' } as const;

function setUp() {
  const clock = createManualClock();
  const lines: string[] = [];
  const tell = (message: string) => void lines.push(message);
  const sent: number[] = [];
  const state = { queueBytes: 0, writeMetrics: (to: MetricWriter) => to.single(metric, 1) };
  const push = new MetricPush({
    part: { writeMetrics: (to) => state.writeMetrics(to) },
    exporter: { add: (_bytes, points) => void sent.push(points), counts: () => ({ queueBytes: state.queueBytes }) },
    clock,
    log: { debug: tell, info: tell, warn: tell, error: tell },
  });
  return { clock, lines, sent, state, push };
}

test('metrics are sent every 15 seconds, and once more at the end', async () => {
  const { clock, sent, push } = setUp();
  await clock.advance(14_999);
  expect(sent).toEqual([]);
  await clock.advance(1);
  await clock.advance(30_000);
  expect(sent).toEqual([1, 1, 1]);
  push.close();
  await clock.advance(60_000);
  expect(sent).toEqual([1, 1, 1, 1]);
});

test('nothing is added while the collector has not taken what was sent before', async () => {
  const { clock, sent, state } = setUp();
  state.queueBytes = 1;
  await clock.advance(60_000);
  expect(sent).toEqual([]);
  state.queueBytes = 0;
  await clock.advance(15_000);
  expect(sent).toEqual([1]);
});

test('a failure of a part is logged, and the next time is tried again', async () => {
  const { clock, sent, lines, state } = setUp();
  const { writeMetrics } = state;
  state.writeMetrics = () => {
    throw new Error('a bug');
  };
  await clock.advance(15_000);
  state.writeMetrics = writeMetrics;
  await clock.advance(15_000);
  expect(lines).toEqual(['metrics could not be read to be sent']);
  expect(sent).toEqual([1]);
});
