export {
  createManagementServer,
  type HealthReport,
  type ManagementFacts,
  type ManagementServer,
  type ManagementServerOptions,
  type Readiness,
} from './management-server.ts';
export {
  renderMetrics,
  type MeasuredBackend,
  type MeasuredRoute,
  type MeasuredState,
  type MetricSources,
} from './render-metrics.ts';
