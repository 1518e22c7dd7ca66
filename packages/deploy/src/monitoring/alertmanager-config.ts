import type { MonitoringFile, MonitoringInput } from './monitoring-files.ts';
import { yamlFile } from './yaml-file.ts';

/**
 * The configuration of Alertmanager: what is critical goes to the receiver `page`, everything else to `ticket`. Where these send
 * it is for users to say; the addresses of most services are secrets.
 */
export function alertmanagerConfig({ webhook }: Pick<MonitoringInput, 'webhook'>): MonitoringFile {
  const about = 'Configuration of Alertmanager: alertmanager --config.file=alertmanager.yml';
  const sends = webhook === undefined ? {} : { webhook_configs: [{ url: webhook, send_resolved: true }] };
  return yamlFile('alertmanager.yml', about, {
    route: {
      receiver: 'ticket',
      group_by: ['alertname', 'route'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '12h',
      routes: [{ matchers: ['severity="critical"'], receiver: 'page', group_wait: '10s', repeat_interval: '1h' }],
    },
    inhibit_rules: inhibitions,
    receivers: [
      { name: 'page', ...sends },
      { name: 'ticket', ...sends },
    ],
  });
}

/** What follows from something worse that is told already. */
const inhibitions = [
  // A page of a route or a process makes its tickets of the same kind needless.
  inhibits('SluiceAvailabilityBurns', 'SluiceAvailabilityBurns', ['route']),
  inhibits('SluiceLatencyBurns', 'SluiceLatencyBurns', ['route']),
  inhibits('SluiceCrashLooping', 'SluiceWorkerCrashed', ['instance']),
  inhibits('SluiceCertificateAlmostExpired', 'SluiceCertificateExpiring', ['instance', 'server_name']),
  inhibits('SluiceNoBackend', 'SluiceBackendDown', ['instance', 'route']),
  inhibits('SluiceStoreAway', 'SluiceNoLeader', []),
  inhibits('SluiceNodeWithheld', 'SluiceNodeStale', ['instance']),
];

function inhibits(source: string, target: string, equal: readonly string[]): object {
  return {
    source_matchers: [`alertname="${source}"`, 'severity="critical"'],
    target_matchers: [`alertname="${target}"`, ...(source === target ? ['severity="warning"'] : [])],
    ...(equal.length > 0 && { equal }),
  };
}
