import { aggregate, changes, combine, processMetrics } from '@sluice/model/metrics';
import type { GrafanaAnnotation, GrafanaDashboard, GrafanaVariable } from './grafana-model.ts';
import { writtenBy } from '../monitoring-files.ts';
import { placed } from './layout.ts';
import type { Row } from './layout.ts';
import { prometheusSource, sourceVariable } from './variables.ts';

/** What one dashboard is made from. */
export interface DashboardOptions {
  /** The name of its file, and the end of its `uid`, which is its address in Grafana. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly GrafanaVariable[];
  readonly rows: readonly Row[];
  /** How far back it looks at first, as Grafana writes it. */
  readonly since?: '1h' | '30d';
}

/** A dashboard with what all of ours have: the choice of Prometheus, links to each other, and marks where something changed. */
export function dashboard({ name, title, about, variables, rows, since = '1h' }: DashboardOptions): GrafanaDashboard {
  return {
    uid: `sluice-${name}`,
    title: `Sluice / ${title}`,
    description: `${about} (${writtenBy}.)`,
    tags: ['sluice'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: since === '1h' ? '30s' : '5m',
    time: { from: `now-${since}`, to: 'now' },
    timezone: 'browser',
    links: [
      {
        type: 'dashboards',
        title: 'Sluice',
        tooltip: 'The other dashboards, for the same time and the same choices',
        icon: 'external link',
        tags: ['sluice'],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    annotations: { list: [deployments, revisions] },
    templating: { list: [sourceVariable, ...variables] },
    panels: placed(rows),
  };
}

/** What the notices of deployments write into Grafana. */
const deployments: GrafanaAnnotation = {
  name: 'Deployments',
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: false,
  iconColor: 'blue',
  target: { refId: 'Anno', type: 'tags', tags: ['sluice', 'deployment'], matchAny: false, limit: 100 },
};

/** Moments in which nodes took up another configuration. */
const revisions: GrafanaAnnotation = {
  name: 'Configuration changes',
  datasource: prometheusSource,
  enable: true,
  hide: false,
  iconColor: 'purple',
  target: {
    refId: 'Anno',
    expr: combine(aggregate('max', changes(processMetrics.configRevision, '$__rate_interval')), '>', 0).promql,
  },
  titleFormat: 'The configuration changed',
};
