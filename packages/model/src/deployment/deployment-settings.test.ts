import { expect, test } from 'vitest';
import { encodeDeploymentSettings } from '../documents/encode.ts';
import { deploymentSettings } from './deployment-settings.ts';

test('a phase says only what is different for it', () => {
  const { phases } = deploymentSettings.parse({ phases: [{ trafficPercentage: 1, analysis: { minRequests: 5 } }] });
  expect(phases).toEqual([{ trafficPercentage: 1, duration: 300_000, analysis: { minRequests: 5 }, approval: false }]);
});

test('the defaults are those of the specification', () => {
  expect(deploymentSettings.parse({}).analysis).toEqual({
    interval: 1000,
    window: 60_000,
    minRequests: 100,
    errorRateIncrease: 0.05,
    abortIncrease: 0.1,
    p99IncreasePercent: 50,
    refusalIncrease: 0.1,
    maxWait: 300_000,
    maxExtension: 3_600_000,
    dryRun: [],
  });
});

test('settings are written as they were read', () => {
  const written = {
    strategy: 'Canary' as const,
    phases: [{ trafficPercentage: 0.01, duration: '90s', analysis: { interval: '500ms' } }],
    testers: [{ cookie: 'tester', value: '*' }],
    sticky: { by: 'cookie' as const },
    gates: [{ type: 'prometheus' as const, name: 'errors', query: 'up', above: 1 }],
  };
  const settings = deploymentSettings.parse(written);
  const encoded = encodeDeploymentSettings(settings);
  expect(encoded).toMatchObject(written);
  expect(deploymentSettings.parse(encoded)).toEqual(settings);
});

test('what was kept before a field was added has its default', () => {
  const { onConflict: _, ...earlier } = deploymentSettings.parse({});
  expect(encodeDeploymentSettings(earlier as never).onConflict).toBe('refuse');
});

test.for([0.001, 33.333, 100.01, -1])('%d percent is no share', (trafficPercentage) => {
  expect(deploymentSettings.safeParse({ phases: [{ trafficPercentage }] }).success).toBe(false);
});

test.for([0, 0.01, 0.07, 33.33, 99.99, 100])('%d percent is a share', (trafficPercentage) => {
  expect(deploymentSettings.safeParse({ phases: [{ trafficPercentage }] }).success).toBe(true);
});

test('headers of smoke requests frame no message and hold no second one', () => {
  const problems = (headers: Record<string, string>) =>
    deploymentSettings.safeParse({ blueGreen: { smoke: [{ path: '/', headers }] } }).error?.issues;
  expect(problems({ 'X-Tenant': 'a, b' })).toBeUndefined();
  for (const name of ['Content-Length', 'transfer-encoding', 'Upgrade', 'Host']) {
    expect(problems({ [name]: '1' })).toHaveLength(1);
  }
  for (const value of ['1\r\nX-Other: 2', 'ünï💥', '\u0000', ' 1']) {
    expect(problems({ 'x-tenant': value })).toHaveLength(1);
  }
});
