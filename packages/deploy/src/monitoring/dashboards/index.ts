export { dashboards } from './dashboards.ts';
export { grafanaFiles } from './grafana-files.ts';
