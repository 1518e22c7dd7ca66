import type { Metric, Period, Query } from '@sluice/model/metrics';
import { runbookUrl } from '../runbooks.ts';
import type { Runbook } from '../runbooks.ts';

/** How soon somebody has to look: now (critical, a page), or in the next days (warning, a ticket). */
export type Severity = 'critical' | 'warning';

/** An alert as it is declared. Prometheus fills in `{{ $labels.route }}` and `{{ $value }}`. */
export interface Alert {
  readonly name: string;
  readonly when: Query;
  /** How long it has to be so; at once if absent. */
  readonly lasts?: Period;
  readonly severity: Severity;
  /** One line: what is wrong, and where. */
  readonly summary: string;
  /** What it means, with the figure. */
  readonly description: string;
  readonly runbook: Runbook;
  /** Labels besides those of the query and the severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A series that Prometheus computes from others and keeps, as a metric that queries can name. */
export interface Recording {
  readonly metric: Metric;
  readonly from: Query;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other. */
export interface RuleGroup {
  readonly name: string;
  /** How often; as often as Prometheus evaluates others if absent. */
  readonly interval?: Period;
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
}

/** A group as a rule file has it. */
export function renderGroup({ name, interval, recordings = [], alerts = [] }: RuleGroup, runbookBase: string): object {
  return {
    name,
    ...(interval !== undefined && { interval }),
    rules: [...recordings.map(renderRecording), ...alerts.map((alert) => renderAlert(alert, runbookBase))],
  };
}

function renderRecording({ metric, from, labels }: Recording): object {
  return { record: metric.name, expr: from.promql, ...(labels !== undefined && { labels }) };
}

function renderAlert(alert: Alert, runbookBase: string): object {
  const { name, when, lasts, severity, summary, description, runbook, labels } = alert;
  return {
    alert: name,
    expr: when.promql,
    ...(lasts !== undefined && { for: lasts }),
    labels: { severity, ...labels },
    annotations: { summary, description, runbook_url: runbookUrl(runbookBase, runbook) },
  };
}
