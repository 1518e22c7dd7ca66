import type { MonitoringFile, MonitoringInput, MonitoringTarget } from './monitoring-files.ts';
import { yamlFile } from './yaml-file.ts';

/** The job of every process of Sluice. Alerts and dashboards go by it. */
export const sluiceJob = 'sluice';

/** How often every process is scraped. */
export const scrapeInterval = '15s';

/** The configuration of Prometheus: what it scrapes, which rules it evaluates, and whom it tells. */
export function prometheusConfig(input: MonitoringInput, ruleFiles: readonly string[]): MonitoringFile {
  const about = 'Configuration of Prometheus: prometheus --config.file=prometheus.yml';
  return yamlFile('prometheus.yml', about, {
    global: { scrape_interval: scrapeInterval, evaluation_interval: '15s' },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: staticConfigs(input.alertmanagers) }] },
    scrape_configs: [
      {
        job_name: sluiceJob,
        ...(input.caFile !== undefined && { tls_config: { ca_file: input.caFile } }),
        static_configs: staticConfigs(input.targets),
      },
    ],
  });
}

/** Prometheus takes the scheme of a target from this label, so that targets of both stand in one list. */
function staticConfigs(targets: readonly MonitoringTarget[]): object[] {
  return (['http', 'https'] as const).flatMap((scheme) => {
    const addresses = targets.filter((target) => target.scheme === scheme).map(({ address }) => address);
    return addresses.length === 0 ? [] : [{ targets: addresses, labels: { __scheme__: scheme } }];
  });
}
