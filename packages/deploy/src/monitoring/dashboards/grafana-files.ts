import type { MonitoringFile, MonitoringInput } from '../monitoring-files.ts';
import { scrapeInterval } from '../prometheus-config.ts';
import { yamlFile } from '../yaml-file.ts';
import { dashboards } from './dashboards.ts';

/** Where Grafana looks for what it is to provide. The folder `grafana` is mounted there, or its content is copied there. */
const provisioning = '/etc/grafana/provisioning';

/**
 * Dashboards, and what makes Grafana show them and find Prometheus
 * (https://grafana.com/docs/grafana/latest/administration/provisioning/).
 */
export function grafanaFiles({ prometheus }: Pick<MonitoringInput, 'prometheus'>): readonly MonitoringFile[] {
  return [
    dataSources(prometheus),
    providers,
    ...dashboards().map((dashboard) => ({
      path: `grafana/dashboards/sluice/${dashboard.uid}.json`,
      content: `${JSON.stringify(dashboard, null, 2)}\n`,
    })),
  ];
}

function dataSources(url: string): MonitoringFile {
  return yamlFile('grafana/datasources/sluice.yml', 'Prometheus, as Grafana reaches it', {
    apiVersion: 1,
    datasources: [
      {
        name: 'Sluice Prometheus',
        uid: 'sluice-prometheus',
        type: 'prometheus',
        access: 'proxy',
        url,
        // Rates are taken over four scrapes at least.
        jsonData: { httpMethod: 'POST', timeInterval: scrapeInterval },
      },
    ],
  });
}

const providers = yamlFile('grafana/dashboards/sluice.yml', 'The dashboards in the folder beside this file', {
  apiVersion: 1,
  providers: [
    {
      name: 'Sluice',
      folder: 'Sluice',
      folderUid: 'sluice',
      type: 'file',
      updateIntervalSeconds: 30,
      allowUiUpdates: false,
      options: { path: `${provisioning}/dashboards/sluice` },
    },
  ],
});
