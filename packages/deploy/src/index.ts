export type { MonitoringFile } from './monitoring/monitoring-files.ts';
