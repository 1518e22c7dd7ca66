import { gateConfig } from '@sluice/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { GateResult } from './gate-result.ts';
import { createGates } from './gates.ts';
import { startPrometheus } from './testing/start-prometheus.ts';
import type { TestPrometheus } from './testing/start-prometheus.ts';

const metrics = `# TYPE orders gauge
orders{shop="a"} 30
orders{shop="b"} 12
# TYPE nothing gauge
nothing 0
`;

let prometheus: TestPrometheus;

beforeAll(async () => {
  prometheus = await startPrometheus(metrics);
});

afterAll(() => prometheus.stop());

/** What a real Prometheus makes of the query. */
async function measured(
  query: string,
  bounds: { above?: number; below?: number } = { above: 40 },
): Promise<GateResult> {
  const gates = createGates({ prometheus, log: { info: () => undefined } });
  const gate = gateConfig.parse({ type: 'prometheus', name: 'orders', query, timeout: '20s', ...bounds });
  try {
    return await vi.waitFor(() => {
      const [result] = gates.results('d1', [gate]);
      expect(result?.explanation).not.toContain('for the first time');
      return result;
    });
  } finally {
    gates.close();
  }
}

test('a sum is one number', async () => {
  expect(await measured('sum(orders)')).toMatchObject({ result: 'fail', value: 42 });
  expect(await measured('sum(orders)', { above: 42, below: 42 })).toMatchObject({ result: 'pass', value: 42 });
});

test('a scalar is one number', async () => {
  expect(await measured('scalar(sum(orders)) / 4')).toMatchObject({ result: 'pass', value: 10.5 });
});

test.each([
  ['no_such_metric', 'the query finds nothing'],
  ['orders', 'the query gives 2 numbers instead of one'],
  ['nothing / nothing', 'the query gives NaN'],
  ['sum(orders) / scalar(nothing)', 'the query gives +Inf'],
  ['orders[1m]', 'the query gives a matrix instead of one number'],
  ['"text"', 'the query gives a string instead of one number'],
  ['sum(', 'Prometheus refused the query (bad_data)'],
])('%s is no data', async (query, why) => {
  const { result, explanation } = await measured(query);
  expect([result, explanation]).toEqual(['noData', expect.stringContaining(why)]);
});
