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
export function grafanaFiles({
  prometheus,
  jaeger,
}: Pick<MonitoringInput, 'prometheus' | 'jaeger'>): readonly MonitoringFile[] {
  return [
    dataSources(prometheus, jaeger),
    providers,
    ...dashboards().map((dashboard) => ({
      path: `grafana/dashboards/sluice/${dashboard.uid}.json`,
      content: `${JSON.stringify(dashboard, null, 2)}\n`,
    })),
  ];
}

function dataSources(url: string, jaeger: string | undefined): MonitoringFile {
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
        jsonData: {
          httpMethod: 'POST',
          timeInterval: scrapeInterval,
          ...(jaeger !== undefined && { exemplarTraceIdDestinations: [traceLink(jaeger)] }),
        },
      },
    ],
  });
}

/** From an exemplar to its trace. The first of the two dollar signs keeps Grafana from taking the rest for an environment variable. */
function traceLink(jaeger: string): object {
  return {
    name: 'trace_id',
    url: `${jaeger.replace(/\/+$/, '')}/trace/$\${__value.raw}`,
    urlDisplayLabel: 'Trace in Jaeger',
  };
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
