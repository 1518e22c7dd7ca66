import type { Gateway } from '@sluice/gateway';
import { metricText } from '@sluice/service';
import { expect, test } from 'vitest';
import type { AgentStatus } from '../agent/node-agent.ts';
import { processStatus } from './process-status.ts';

const gateway = {
  status: {
    ready: () => ({ ready: true }),
    health: () => ({ status: 'healthy', revision: 4 }),
    writeMetrics: () => {},
  },
} as unknown as Gateway;

test('a node tells whether it runs what control says, and goes on when it does not', () => {
  let status: AgentStatus | undefined;
  const whole = processStatus({
    gateway: () => gateway,
    plane: () => undefined,
    node: () => status,
    expects: { gateway: true, plane: false },
    version: '1',
  });
  expect(whole.health()).toEqual({ status: 'healthy', revision: 4, dependencies: [] });
  status = {
    revision: 4,
    lineage: 'a',
    source: 'control',
    refused: undefined,
    withheld: false,
    connected: true,
    control: { name: 'control', status: 'healthy', response_time_ms: 2, ageSeconds: 1 },
    drainsFor: undefined,
  };
  expect(whole.health()).toMatchObject({ status: 'healthy', control: { connected: true, source: 'control' } });
  status = { ...status, source: 'snapshot', connected: false };
  expect(whole.health()).toMatchObject({
    status: 'degraded',
    revision: 4,
    control: { connected: false, source: 'snapshot' },
  });
  expect(whole.health().dependencies).toEqual([
    { name: 'control', status: 'unhealthy', response_time_ms: 2, ageSeconds: 1, reason: 'no connection yet' },
  ]);
  expect(whole.ready()).toEqual({ ready: true });
});

test('without its store a gateway is degraded, and a control plane alone is of no use', () => {
  const parts = { plane: () => undefined, node: () => undefined, version: '1' };
  const both = processStatus({ ...parts, gateway: () => gateway, expects: { gateway: true, plane: true } });
  expect([both.ready().ready, both.health().status]).toEqual([true, 'degraded']);
  expect(both.health().dependencies).toEqual([{ name: 'store', status: 'unhealthy', reason: 'no connection yet' }]);
  const alone = processStatus({ ...parts, gateway: () => undefined, expects: { gateway: false, plane: true } });
  expect([alone.ready().ready, alone.health().status, metricText(alone)]).toEqual([false, 'unhealthy', '']);
});
