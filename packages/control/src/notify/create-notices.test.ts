import type { DeploymentEventKind } from '@sluice/model';
import { deploymentsConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { createNotices } from './create-notices.ts';
import { eventOf, runningDeployment } from './testing/events.ts';

const hidden = 'hunter2';
const config = deploymentsConfig.parse({
  webhooks: [
    {
      url: `https://hooks.internal/${hidden}`,
      secret: `${hidden}-secret-of-a-hook`,
      events: ['completed', 'rolledBack'],
    },
    { url: `https://hooks.internal/${hidden}`, secret: `${hidden}-secret-of-another` },
  ],
  email: {
    host: 'mail.internal',
    password: hidden,
    from: 'sluice@example.com',
    to: ['a@example.com'],
    events: ['asked'],
  },
  grafana: { url: 'https://grafana.internal', token: hidden },
});
const notices = createNotices({ config });

function subscribersOf(...told: Parameters<typeof notices>): string[] {
  return notices(...told).map(({ id }) => id.replace(/-[0-9a-f]{16}-/, '-HASH-'));
}

test('everybody who wants to know of an event gets a notice', () => {
  expect(subscribersOf(eventOf('asked'), runningDeployment())).toEqual([
    'orders-abc123-000003-webhook-HASH-2',
    'orders-abc123-000003-email',
  ]);
  const ended = runningDeployment({ status: 'RolledBack', completedAt: '2026-01-05T10:05:00.000Z' });
  expect(subscribersOf(eventOf('rolledBack'), ended)).toEqual([
    'orders-abc123-000003-webhook-HASH-1',
    'orders-abc123-000003-webhook-HASH-2',
    'orders-abc123-000003-grafana',
  ]);
});

test('nobody is told of what is only for the history', () => {
  expect(notices(eventOf('verdict'), runningDeployment())).toEqual([]);
  expect(notices(eventOf('nodeStarted'), runningDeployment())).toEqual([]);
});

test('Grafana marks a beginning and an end, and nothing of what never began', () => {
  const isMarked = (kind: DeploymentEventKind, more: Parameters<typeof runningDeployment>[0] = {}): boolean =>
    subscribersOf(eventOf(kind), runningDeployment(more)).some((id) => id.endsWith('grafana'));
  const completedAt = '2026-01-05T10:05:00.000Z';
  expect(isMarked('started')).toBe(true);
  expect(isMarked('phaseStarted')).toBe(false);
  expect(isMarked('completed', { completedAt })).toBe(true);
  expect(isMarked('started', { completedAt })).toBe(false);
  expect(isMarked('cancelled', { startedAt: undefined, completedAt })).toBe(false);
});

test('what is kept holds neither addresses nor credentials nor documents of routes', () => {
  const deployment = runningDeployment();
  const text = JSON.stringify(notices(eventOf('asked'), deployment));
  expect(text).toContain('Not enough was seen.');
  for (const secret of [hidden, 'hooks.internal', deployment.probeToken, 'candidate'])
    expect(text).not.toContain(secret);
});

test('an event written twice is one message', () => {
  const [first] = notices(eventOf('asked'), runningDeployment());
  expect(first).toMatchObject({ expect: 'absent' });
  expect(notices(eventOf('asked'), runningDeployment())[0]?.id).toBe(first?.id);
});
