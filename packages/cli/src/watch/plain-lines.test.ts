import type { DeploymentNews } from '@sluice/model/api';
import { expect, test } from 'vitest';
import { PlainLines } from './plain-lines.ts';
import { side, someDeployment, someEvent, someMetrics } from './testing/some-deployment.ts';

test('in a pipe: what happened as it happens, figures every 10 s, no judgement twice', async () => {
  const lines = new PlainLines(someDeployment());
  const why = 'No requests have reached the candidate since the phase began.';
  const news: DeploymentNews[] = [
    { type: 'event', event: someEvent(1, 0, { kind: 'created', text: 'Created: shop version 1.1, to Development.' }) },
    {
      type: 'event',
      event: someEvent(2, 0.2, { kind: 'phaseStarted', text: 'Phase 1 of 2: the candidate gets 10 %.' }),
    },
    { type: 'deployment', deployment: someDeployment() },
    { type: 'metrics', metrics: { ...someMetrics(1), metrics: null } },
    { type: 'metrics', metrics: someMetrics(1, { stable: side(0), canary: side(0) }) },
    { type: 'event', event: someEvent(3, 2, { kind: 'verdict', text: why }) },
    { type: 'event', event: someEvent(4, 3, { kind: 'waiting', text: why }) },
    ...Array.from({ length: 25 }, (_, index): DeploymentNews => {
      return { type: 'metrics', metrics: someMetrics(4 + index, { canary: side(index, 0.05, 1234) }) };
    }),
    { type: 'event', event: someEvent(5, 70, { kind: 'paused', text: 'Paused by ada: \u001B[31mlunch' }) },
    { type: 'event', event: someEvent(6, 80, { kind: 'verdict', text: why }) },
    {
      type: 'event',
      event: someEvent(7, 90, { kind: 'phaseStarted', text: 'Phase 2 of 2: the candidate gets 100 %.' }),
    },
    { type: 'event', event: someEvent(8, 91, { kind: 'verdict', text: why }) },
    {
      type: 'event',
      event: someEvent(9, 3700, { kind: 'completed', text: 'Completed: shop version 1.1 serves all traffic.' }),
    },
    { type: 'end', end: { deploymentId: 'shop-abc123', status: 'Completed' } },
  ];
  const text = news.flatMap((each) => lines.of(each)).join('\n');
  await expect(`${text}\n`).toMatchFileSnapshot('./golden/piped.txt');
});

test('the figures say about how many more requests it takes, and how long that is', () => {
  const lines = new PlainLines(someDeployment());
  const line = (seconds: number, stillOpen: { moreRequests?: number; moreSeconds?: number }) =>
    lines.of({
      type: 'metrics',
      metrics: someMetrics(seconds, { stillOpen: { checks: ['latency'], ...stillOpen } }),
    })[0];
  expect(line(10, { moreRequests: 1400, moreSeconds: 700 })).toMatch(
    /; takes about 1,400 more, 11:40 at this traffic$/,
  );
  expect(line(20, { moreRequests: 1400 })).toMatch(/; takes about 1,400 more$/);
  expect(line(30, {})).not.toContain('takes');
});
