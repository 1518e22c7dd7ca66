import { grafanaFiles } from './dashboards/index.ts';
import type { MonitoringFile, MonitoringInput } from './monitoring-files.ts';
import { prometheusConfig } from './prometheus-config.ts';

/** All files for Prometheus, Alertmanager and Grafana. The same input makes the same files. */
export function renderMonitoring(input: MonitoringInput): readonly MonitoringFile[] {
  return [prometheusConfig(input, []), ...grafanaFiles(input)];
}
