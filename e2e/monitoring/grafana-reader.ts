import type { MonitoringPrometheus } from './start-prometheus.ts';

/** The part of a dashboard that asks something. */
export interface ReadDashboard {
  readonly title: string;
  readonly templating: { readonly list: readonly ReadVariable[] };
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly target: { readonly expr?: string } }[];
  };
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly repeat?: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

interface ReadVariable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly multi: boolean;
  readonly allValue?: string;
}

/** What a variable can be, and what stands for it in queries. */
export interface ReadValue {
  readonly values: readonly string[];
  readonly text: string;
}

/** What Grafana makes of periods when a dashboard shows an hour. */
const periods = { __rate_interval: '5m', __range: '1h' } as const;

/**
 * Asks for the values of the variables in their order, as Grafana does when a dashboard opens. All are chosen where that can be,
 * and elsewhere the one in `choices`.
 */
export async function readVariables(
  { templating: { list } }: Pick<ReadDashboard, 'templating'>,
  choices: Readonly<Record<string, string>>,
  prometheus: MonitoringPrometheus,
): Promise<Record<string, ReadValue>> {
  const read: Record<string, ReadValue> = {};
  for (const { name, type, query, multi, allValue } of list) {
    if (type !== 'query') continue;
    const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
    const values = await prometheus.ask<string[]>(`label/${label}/values`, { 'match[]': substituted(selector, read) });
    const text = multi ? (allValue ?? anyOf(values)) : (choices[name] ?? values[0] ?? '');
    read[name] = { values, text };
  }
  return read;
}

/** A query with values in the place of variables. */
export function substituted(query: string, variables: Readonly<Record<string, ReadValue>>): string {
  return query.replaceAll(/\$(\w+)/g, (_whole, name: string) => {
    const text = name in periods ? periods[name as keyof typeof periods] : variables[name]?.text;
    if (text === undefined) throw new Error(`nothing is known of $${name} in ${query}`);
    return text;
  });
}

/** Several values become alternatives of a regular expression, whose special characters are escaped for a text of PromQL. */
function anyOf(values: readonly string[]): string {
  const escaped = values.map((value) =>
    value.replaceAll('\\', String.raw`\\\\`).replaceAll(/[$^*{}[\]'+?.()|]/g, String.raw`\\$&`),
  );
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}
