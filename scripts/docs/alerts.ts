import { ruleGroups } from '../../packages/deploy/src/index.ts';
import { code, markdownTable } from './markdown.ts';

/** Every alert of `sluice monitoring`, in a table. */
export function renderAlerts(): string {
  const objectives = [{ route: 'orders', slo: { availability: 99.9, latency: { p99: 500 } } }];
  const alerts = Object.values(ruleGroups({ objectives })).flatMap((groups) =>
    groups.flatMap((group) => group.alerts ?? []),
  );
  // An objective has an alert for each of its windows.
  const byName = Map.groupBy(alerts, ({ name }) => name);
  const rows = [...byName].map(([name, same]) => {
    const [{ lasts = 'at once', labels, description, runbook }] = same;
    const severities = [...new Set(same.map(({ severity }) => severity))].join(', ');
    const meaning = labels === undefined ? description : ofObjectives;
    return [`[${code(name)}](runbooks/${runbook}.md)`, severities, lasts, meaning];
  });
  return markdownTable(['alert', 'severity', 'after', 'meaning'], rows);
}

const ofObjectives = 'An [objective](#objectives) of a route is missed so often that its error budget will not last.';
