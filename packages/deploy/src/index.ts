export { dashboards } from './monitoring/dashboards/index.ts';
export { renderMonitoring } from './monitoring/render-monitoring.ts';
export { writtenBy } from './monitoring/monitoring-files.ts';
export type {
  MonitoringFile,
  MonitoringInput,
  MonitoringTarget,
  RouteObjective,
} from './monitoring/monitoring-files.ts';
export { ruleGroups } from './monitoring/rules/rule-files.ts';
