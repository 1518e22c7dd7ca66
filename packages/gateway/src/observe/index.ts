export { seriesOf, type CountedSlot } from './counter-series.ts';
export {
  renderMetrics,
  type MeasuredBackend,
  type MeasuredRoute,
  type MeasuredSplit,
  type MeasuredState,
  type MetricSources,
} from './render-metrics.ts';
export { RetiredCounters } from './retired-counters.ts';
