import { expect, test } from 'vitest';
import { encodeExport } from './encode-export.ts';
import { OtlpMetrics } from './metric-chunks.ts';
import { ProtoWriter } from './proto-writer.ts';
import { decodeOtlp } from './testing/otlp-messages.ts';

const times = { start: 1_700_000_000_000, now: 1_700_000_015_000 };
const nanos = { startTimeUnixNano: '1700000000000000000', timeUnixNano: '1700000015000000000' };

const counter = {
  name: 'c_bytes_total',
  type: 'counter',
  labels: ['route'],
  unit: 'bytes',
  help: 'A counter.',
} as const;
const gauge = { name: 'g', type: 'gauge', labels: ['n'], help: 'A gauge.' } as const;
const state = { name: 's', type: 'gauge', labels: [], help: 'A state.' } as const;
const histogram = { name: 'h_seconds', type: 'histogram', labels: [], unit: 'seconds', help: 'A histogram.' } as const;

function decoded(write: (to: OtlpMetrics) => void): unknown {
  const metrics = new OtlpMetrics(times);
  write(metrics);
  const chunks = metrics.take().map(({ bytes }) => bytes);
  const message = encodeExport(new ProtoWriter(), { resource: { 'service.name': 'sluice' }, version: '1.2.3' }, chunks);
  const { resourceMetrics } = decodeOtlp('MetricsRequest', message) as {
    resourceMetrics: { scopeMetrics: { metrics: unknown[] }[] }[];
  };
  return resourceMetrics[0].scopeMetrics[0].metrics;
}

test('a counter is a cumulative sum, a gauge a gauge, and a histogram has a count for each of its buckets', () => {
  const metrics = decoded((to) => {
    const add = to.family(counter);
    add({ route: 'orders' }, 7);
    add({ route: 'ü' }, 2.5);
    to.family(gauge)({ n: 3 }, -1);
    to.single(state, 4);
    to.histogram(histogram)({}, { bounds: [0.5, 1], cumulative: [2, 5], count: 9, sum: 12.5 });
  });
  const route = (stringValue: string) => [{ key: 'route', value: { stringValue } }];
  const totals = { aggregationTemporality: 2 };
  expect(metrics).toEqual([
    {
      name: 'c_bytes_total',
      description: 'A counter.',
      unit: 'By',
      sum: {
        ...totals,
        isMonotonic: true,
        dataPoints: [
          { ...nanos, asDouble: 7, attributes: route('orders') },
          { ...nanos, asDouble: 2.5, attributes: route('ü') },
        ],
      },
    },
    {
      name: 'g',
      description: 'A gauge.',
      gauge: { dataPoints: [{ ...nanos, asDouble: -1, attributes: [{ key: 'n', value: { intValue: '3' } }] }] },
    },
    { name: 's', description: 'A state.', gauge: { dataPoints: [{ ...nanos, asDouble: 4 }] } },
    {
      name: 'h_seconds',
      description: 'A histogram.',
      unit: 's',
      histogram: {
        ...totals,
        dataPoints: [{ ...nanos, count: '9', sum: 12.5, bucketCounts: ['2', '3', '4'], explicitBounds: [0.5, 1] }],
      },
    },
  ]);
});

test('an exemplar has its trace id, its value and its time', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const metrics = decoded((to) =>
    to.histogram(histogram)(
      {},
      {
        bounds: [1],
        cumulative: [1],
        count: 1,
        sum: 0.25,
        exemplars: () => [undefined, { traceId, value: 0.25, at: times.start }],
      },
    ),
  );
  const exemplars = [{ timeUnixNano: nanos.startTimeUnixNano, asDouble: 0.25, traceId }];
  expect(metrics).toMatchObject([{ histogram: { dataPoints: [{ exemplars }] } }]);
});

test('what has no data is left out', () => {
  const metrics = new OtlpMetrics(times);
  metrics.family(counter);
  metrics.single(state, Number.NaN);
  expect(metrics.take()).toEqual([]);
});

test('a metric with many points is divided among chunks, each of which is whole', () => {
  const metrics = new OtlpMetrics(times);
  const add = metrics.family(counter);
  for (let index = 0; index < 10_000; index++) add({ route: `route-${index}` }, index + 1);
  const chunks = metrics.take();
  expect(chunks.length).toBeGreaterThan(1);
  const points = chunks.flatMap(({ bytes, points: count }) => {
    expect(bytes.length).toBeLessThan(300_000);
    const { metrics: found } = decodeOtlp('ScopeMetrics', bytes) as {
      metrics: { name: string; sum: { isMonotonic: boolean; dataPoints: { asDouble: number }[] } }[];
    };
    expect(found).toMatchObject([{ name: counter.name, sum: { isMonotonic: true } }]);
    expect(found[0].sum.dataPoints).toHaveLength(count);
    return found[0].sum.dataPoints.map(({ asDouble }) => asDouble);
  });
  expect(points).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
});
