import { deploymentSettings, encodeDeploymentSettings } from '@sluice/model';
import { expect, test } from 'vitest';
import { hideCredentials } from './hide-credentials.ts';

test('credentials in queries and headers are hidden, everything else is shown as it was written', () => {
  const headers = { Authorization: 'Bearer SECRET', 'X-Custom-Key': 'SECRET', 'X-Tenant': 'blue' };
  const paths = ['/health?deep=1&token=SECRET', '/health?a=b%20c&d', '/health'];
  const urls = ['https://shop.internal/x?sig=SECRET&deep=1', 'https://shop.internal/x?apikey=SECRET&code=SECRET'];
  const settings = deploymentSettings.parse({
    blueGreen: { smoke: paths.map((path) => ({ path, headers })) },
    gates: urls.map((url, index) => ({ type: 'http', name: `g${index}`, url })),
  });
  const { gates, blueGreen } = hideCredentials(encodeDeploymentSettings(settings));
  expect(JSON.stringify({ gates, blueGreen })).not.toContain('SECRET');
  const hidden = { Authorization: '[hidden]', 'X-Custom-Key': '[hidden]', 'X-Tenant': 'blue' };
  expect(blueGreen?.smoke).toMatchObject([
    { path: '/health?deep=1&token=hidden', headers: hidden },
    { path: '/health?a=b%20c&d' },
    { path: '/health' },
  ]);
  expect(gates).toMatchObject([
    { url: 'https://shop.internal/x?sig=hidden&deep=1' },
    { url: 'https://shop.internal/x?apikey=hidden&code=hidden' },
  ]);
});
