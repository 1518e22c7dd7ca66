export {
  renderMetrics,
  type MeasuredBackend,
  type MeasuredRoute,
  type MeasuredSplit,
  type MeasuredState,
  type MetricSources,
} from './render-metrics.ts';
