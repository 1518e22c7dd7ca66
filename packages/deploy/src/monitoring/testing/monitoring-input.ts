import type { MonitoringInput } from '../monitoring-files.ts';

/** What every input has, and nothing to watch. */
export const emptyInput: MonitoringInput = {
  targets: [],
  alertmanagers: [],
  prometheus: 'http://127.0.0.1:9090',
  runbooks: 'https://docs.example/runbooks/',
  objectives: [],
};

/** Everything that an input can say, with targets of both schemes. */
export const fullInput: MonitoringInput = {
  ...emptyInput,
  targets: [
    { scheme: 'http', address: '127.0.0.1:5000' },
    { scheme: 'https', address: 'control.internal:5000' },
  ],
  caFile: '/etc/sluice/ca.pem',
  alertmanagers: [{ scheme: 'http', address: '127.0.0.1:9093' }],
  jaeger: 'http://127.0.0.1:16686',
  webhook: 'http://127.0.0.1:9095/alerts',
  objectives: [{ route: 'orders.v2', slo: { availability: 99.9, latency: { p99: 500 } } }],
};
