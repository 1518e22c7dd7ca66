import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import type { Period } from '@sluice/model/metrics';
import type { MonitoringFile } from '../../monitoring-files.ts';

const run = promisify(execFile);

/** What a program said: its exit code, and everything that it wrote. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** Runs promtool or amtool in a temporary folder with these files. */
export async function checkFiles(
  program: 'amtool' | 'promtool',
  args: readonly string[],
  files: readonly MonitoringFile[],
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'monitoring-'));
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const { stdout, stderr } = await run(program, args, { cwd: folder, timeout: 170_000 });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, text: `${stdout}${stderr}` };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A moment of a simulation: the series until then, and the alerts that fire. */
export interface Situation {
  /** Values by series, one in each minute, as promtool writes them: `0+6x20`. */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly firing: readonly FiringAlert[];
  /** How often all rules are evaluated; promtool does not look at the intervals of groups. */
  readonly every?: Period;
}

/** The name of an alert, and all of its labels. */
export type FiringAlert = readonly [name: string, labels: Readonly<Record<string, string>>];

/**
 * Lets promtool evaluate the rules over the series, and compares the alerts that fire then with those that are expected: these, and
 * no others (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/).
 */
export function simulate(
  rules: readonly MonitoringFile[],
  { series, at, firing, every = '15s' }: Situation,
): Promise<Said> {
  const test = {
    rule_files: rules.map(({ path }) => path),
    evaluation_interval: every,
    // Chance orders them otherwise, and alerts would see what was recorded one interval earlier.
    group_eval_order: rules.flatMap(groupNames),
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: 'ALERTS{alertstate="firing"}',
            eval_time: at,
            exp_samples: firing.map(([name, labels]) => ({ labels: alertSeries(name, labels), value: 1 })),
          },
        ],
      },
    ],
  };
  const files = [...rules, { path: 'test.yml', content: JSON.stringify(test) }];
  return checkFiles('promtool', ['test', 'rules', 'test.yml'], files);
}

function groupNames({ content }: MonitoringFile): readonly string[] {
  const { groups } = load(content) as { readonly groups: readonly { readonly name: string }[] };
  return groups.map(({ name }) => name);
}

function alertSeries(name: string, labels: Readonly<Record<string, string>>): string {
  const all = { alertname: name, alertstate: 'firing', ...labels };
  return `ALERTS{${Object.entries(all)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
}
