import { expect, test } from 'vitest';
import { parseConfig } from '../check/parse-config.ts';

test('without the key, metrics are only there to be scraped, with exemplars', () => {
  const read = parseConfig({});
  expect(read.ok && read.config.metrics).toEqual({ protocol: 'http/protobuf', compression: 'none', exemplars: true });
});

test.each([
  ['http://user:hunter2@collector:4318', 'an address may not hold credentials'],
  ['http://collector:4318?token=hunter2', 'an address may not have a query or a fragment'],
  ['ftp://hunter2', 'expected an address such as http://127.0.0.1:4318'],
])('the address %s is refused, and what it holds is not repeated', (otlpUrl, message) => {
  const read = parseConfig({ metrics: { otlpUrl } });
  expect(!read.ok && read.problems).toMatchObject([{ path: ['metrics', 'otlpUrl'], message }]);
  expect(JSON.stringify(!read.ok && read.problems.map((problem) => problem.message))).not.toContain('hunter2');
});
