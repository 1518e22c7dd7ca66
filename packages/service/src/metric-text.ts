/** The kinds of metric that are rendered here. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Label names and values of one sample. */
export type Labels = Readonly<Record<string, string | number>>;

/** Labels that are formatted already. */
export type FormattedLabels = string & { readonly formatted: true };

/** Collects metrics as Prometheus text, version 0.0.4. A family's samples must follow its heading. */
export class MetricText {
  readonly #lines: string[] = [];

  /** Begins a family. */
  family(name: string, type: MetricType, help: string): void {
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
  }

  /** Adds a sample to the family begun last. */
  sample(name: string, labels: Labels | FormattedLabels, value: number): void {
    const text = typeof labels === 'string' ? labels : formatLabels(labels);
    this.#lines.push(`${name}${text} ${formatNumber(value)}`);
  }

  /** A family of one sample without labels. */
  single(name: string, type: MetricType, help: string, value: number): void {
    this.family(name, type, help);
    this.sample(name, {}, value);
  }

  /** Everything collected. */
  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

/** Labels as they are written, for those that are needed several times. */
export function formatLabels(labels: Labels): FormattedLabels {
  let pairs = '';
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escapeLabel(String(labels[name]))}"`;
  return (pairs === '' ? '' : `{${pairs}}`) as FormattedLabels;
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  if (!/["\\\n]/.test(text)) return text;
  return escapeHelp(text).replaceAll('"', '\\"');
}
