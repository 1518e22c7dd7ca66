import { metricGroups } from '../../packages/model/src/metrics/index.ts';
import type { Metric } from '../../packages/model/src/metrics/index.ts';
import { code, markdownTable } from './markdown.ts';

/** Every metric, in a table per group. */
export function renderMetricTables(): string {
  return metricGroups
    .map(({ title, about, metrics }) => {
      const table = markdownTable(['metric', 'type', 'labels', 'meaning'], metrics.map(rowOf));
      return `## ${title}\n${about}\n\n${table}`;
    })
    .join('\n\n');
}

function rowOf({ name, type, labels, help, note = '' }: Metric): string[] {
  return [code(name), type, labels.map(code).join(', '), `${inMarkdown(help)} ${note}`.trim()];
}

/** The help is plain text, in which only the names of metrics are code. */
function inMarkdown(help: string): string {
  return help.replaceAll(/\w*_\w+/g, code);
}
