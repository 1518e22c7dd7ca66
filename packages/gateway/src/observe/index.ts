export { seriesOf, type CountedSlot } from './counter-series.ts';
export {
  type MeasuredBackend,
  type MeasuredRoute,
  type MeasuredSplit,
  type MeasuredState,
  type MetricSources,
  writeGatewayMetrics,
} from './write-metrics.ts';
export { RetiredCounters } from './retired-counters.ts';
