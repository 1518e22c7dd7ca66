import { countProblems } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import type { Command, Context } from '../command/command.ts';
import { loadConfig } from '../config/load-config.ts';
import { problemLines, shownProblems } from '../config/problem-lines.ts';
import { counted } from '../terminal/counted.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';

export const check: Command = {
  name: 'check',
  summary: 'Check a configuration file: every problem, with its line',
  positionals: ['FILE'],
  flags: [{ name: 'json', description: 'Print JSON' }],
  notes: [
    'Variables such as SLUICE__PROXY__PORT count, as they do for sluice start.',
    'Exit code: 0 valid, 1 not valid.',
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const result = await loadConfig({ file }, context);
    const problems = result.ok ? [] : result.problems;
    // The machine that checks is often not the one that serves, so a missing file is no reason to fail.
    const missing = result.ok ? await fileProblems(result) : [];
    const remarks = result.ok ? result.warnings : [];
    const text = () => (result.ok ? summary(file, result.config, context) : refusal(file, problems, context));
    printEither({ json: report(file, problems, [...missing, ...remarks]), text }, args, context);
    if (!args.switches.has('json')) context.stderr.write(warningText(missing, remarks, context));
    return result.ok ? 0 : 1;
  },
};

/** What is wrong with the certificates that a valid configuration names. */
async function fileProblems({ config, locate }: Loaded): Promise<ConfigProblem[]> {
  const { checkFiles } = await import('@sluice/gateway');
  return (await checkFiles(config)).map((problem) => locate(problem));
}

type Loaded = Extract<Awaited<ReturnType<typeof loadConfig>>, { ok: true }>;

function report(file: string, problems: readonly ConfigProblem[], warnings: readonly ConfigProblem[]): object {
  return { ok: problems.length === 0, file, problems: shownProblems(problems), warnings: shownProblems(warnings) };
}

function warningText(missing: readonly ConfigProblem[], remarks: readonly ConfigProblem[], context: Context): string {
  const style = styleFor(context.stderr, context.env);
  const fails =
    missing.length === 0 ? [] : [...problemLines(missing, style), 'a start on this machine would fail: see above'];
  return [...problemLines(remarks, style), ...fails].map((line) => `${line}\n`).join('');
}

function summary(file: string, { proxy, management, routes }: GatewayConfig, context: Context): string {
  const { green } = styleFor(context.stdout, context.env);
  const backends = routes.reduce((sum, route) => sum + route.backends.length, 0);
  const counts = `${counted(routes.length, 'route')}, ${counted(backends, 'backend')}`;
  const places = `proxy on ${proxy.host}:${proxy.port}, management on ${management.host}:${management.port}`;
  return `${green('ok')}  ${file}: ${counts}; ${places}\n`;
}

function refusal(file: string, problems: readonly ConfigProblem[], context: Context): string {
  const style = styleFor(context.stdout, context.env);
  const lines = problemLines(problems, style);
  return `${lines.join('\n')}\n${style.red('not valid')}  ${file}: ${counted(countProblems(problems), 'problem')}\n`;
}
