import { formatPath } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { formatSource } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import type { Command, Context } from '../command/command.ts';
import { findConfigFile, loadConfig, noConfigFile } from '../config/load-config.ts';
import { namedFileProblems } from '../run/named-files.ts';
import { judgeNodeVersion } from '../doctor/check-node-version.ts';
import { fail, ok, warn } from '../doctor/finding.ts';
import type { Finding, NamedFinding, Status } from '../doctor/finding.ts';
import { counted } from '../terminal/counted.ts';
import { sizeOf } from '../terminal/screen.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { alignColumns, styleFor } from '../terminal/style.ts';
import type { Style } from '../terminal/style.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check configuration, ports, store, Redis, helpers of policies, clock and limits; says what to do',
  positionals: ['[FILE]'],
  flags: [{ name: 'json', description: 'Print JSON' }],
  notes: [
    'Without FILE, sluice.yaml, .json or .toml of the current folder is taken.',
    'Changes nothing: neither the store nor Redis is set up or migrated. May be run while Sluice runs.',
    'Exit code: 0 nothing fails (warnings do not count), 1 something does.',
  ],
  async run({ switches, positionals }, context) {
    const file = positionals[0] ?? findConfigFile(context);
    const findings = await diagnose(file, context);
    const isHealthy = findings.every(({ status }) => status !== 'fail');
    if (switches.has('json'))
      context.stdout.write(`${JSON.stringify({ ok: isHealthy, file: file ?? null, findings })}\n`);
    else context.stdout.write(report(findings, styleFor(context.stdout, context.env), sizeOf(context.stdout).columns));
    return isHealthy ? 0 : 1;
  },
};

async function diagnose(file: string | undefined, context: Context): Promise<readonly NamedFinding[]> {
  const loaded = await loadConfig(file === undefined ? { base: {} } : { file }, context);
  const named = (check: string, found: readonly Finding[]) => found.map((finding) => ({ check, ...finding }));
  // Without a configuration nothing is known of ports, store and so on.
  if (!loaded.ok) {
    const problems = named('configuration', loaded.problems.map(problemFinding));
    return [...problems, ...named('node', [judgeNodeVersion(process.versions.node)])];
  }
  // Loaded only now: the other commands need neither the engine nor the control plane, nor their start-up time.
  const [{ runChecks }, { realProbes }] = await Promise.all([
    import('../doctor/run-checks.ts'),
    import('../doctor/probes.ts'),
  ]);
  const { env, cwd } = context;
  const found = await runChecks({ config: loaded.config, env, cwd, probes: realProbes });
  return [...named('configuration', await configurationFindings(file, loaded)), ...found];
}

type Loaded = Extract<Awaited<ReturnType<typeof loadConfig>>, { ok: true }>;

async function configurationFindings(
  file: string | undefined,
  { config, locate, warnings }: Loaded,
): Promise<Finding[]> {
  const problems = (await namedFileProblems(config, Date.now())).map((problem) => problemFinding(locate(problem)));
  if (problems.length > 0) return problems;
  const found =
    file === undefined ? warn(noConfigFile.message, noConfigFile.advice) : ok(`${file}: ${summary(config)}`);
  return [found, ...warnings.map(warningFinding)];
}

function summary({ role, routes, routesOwner }: GatewayConfig): string {
  return `role ${role}, ${routesOwner === 'api' ? 'routes are left to the API' : counted(routes.length, 'route')}`;
}

function problemFinding(problem: ConfigProblem): Finding {
  const path = problem.path.length === 0 ? '' : `${formatPath(problem.path)}: `;
  return fail(`${path}${problem.message}`, `correct it: ${formatSource(problem)}`);
}

function warningFinding(warning: ConfigProblem): Finding {
  return warn(
    `${formatPath(warning.path)}: ${warning.message}`,
    `check whether you meant it: ${formatSource(warning)}`,
  );
}

/** Messages have at least so much room beside the names of their checks; otherwise they stand below them. */
const leastRoom = 30;

/** A line for each finding, with the advice below it; broken where the terminal is too narrow. */
export function report(findings: readonly NamedFinding[], style: Style, width: number): string {
  const paint: Record<Status, (text: string) => string> = { ok: style.green, warn: style.bold, fail: style.red };
  const labels = alignColumns(findings.map(({ status, check }) => [status.padEnd(4), check, '']));
  const lines = findings.flatMap(({ status, message, advice }, index) => {
    const label = labels[index] ?? '';
    const painted = paint[status](status) + label.slice(status.length);
    const isBeside = width - label.length >= leastRoom;
    const indent = ' '.repeat(isBeside ? label.length : 4);
    const room = width - indent.length;
    const broken = (text: string): string[] => (text.length <= room ? [text] : wrapText(text, room));
    const [first = '', ...others] = isBeside ? broken(message) : ['', ...broken(message)];
    return [
      `${painted}${first}`.trimEnd(),
      ...others.map((line) => indent + line),
      ...(advice === undefined ? [] : broken(advice).map((line) => style.dim(indent + line))),
    ];
  });
  const count = (status: Status): number => findings.filter((finding) => finding.status === status).length;
  const verdict =
    count('fail') + count('warn') === 0
      ? 'everything is fine'
      : `${counted(count('fail'), 'failure')}, ${counted(count('warn'), 'warning')}`;
  return [...lines, '', verdict, ''].join('\n');
}
