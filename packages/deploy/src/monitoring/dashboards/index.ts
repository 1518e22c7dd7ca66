export { grafanaFiles } from './grafana-files.ts';
