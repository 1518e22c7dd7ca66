export {
  renderMetrics,
  type MeasuredBackend,
  type MeasuredRoute,
  type MeasuredState,
  type MetricSources,
} from './render-metrics.ts';
