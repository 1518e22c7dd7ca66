import { alertmanagerConfig } from './alertmanager-config.ts';
import { grafanaFiles } from './dashboards/index.ts';
import type { MonitoringFile, MonitoringInput } from './monitoring-files.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { workbookBurnRates } from './rules/burn-rates.ts';
import type { BurnRates } from './rules/burn-rates.ts';
import { ruleFiles } from './rules/rule-files.ts';

/** All files for Prometheus, Alertmanager and Grafana. The same input makes the same files. */
export function renderMonitoring(
  input: MonitoringInput,
  burn: BurnRates = workbookBurnRates,
): readonly MonitoringFile[] {
  const rules = ruleFiles(input, burn);
  return [
    prometheusConfig(
      input,
      rules.map(({ path }) => path),
    ),
    ...rules,
    alertmanagerConfig(input),
    ...grafanaFiles(input),
  ];
}
