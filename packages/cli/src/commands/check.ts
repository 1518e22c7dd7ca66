import { countProblems } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import type { Command, Context } from '../command/command.ts';
import { findConfigFile, loadConfig, noConfigFile } from '../config/load-config.ts';
import { namedFileProblems } from '../run/named-files.ts';
import { problemLines, shownProblems } from '../config/problem-lines.ts';
import { counted } from '../terminal/counted.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';

export const check: Command = {
  name: 'check',
  summary: 'Check a configuration file and the files that it names: every problem, with its line',
  positionals: ['[FILE]'],
  flags: [
    {
      name: 'without-files',
      description: 'Do not look at certificates, keys and secrets: they are on another machine',
    },
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'Without FILE, sluice.yaml, .json or .toml of the current folder is taken, as sluice start does; without any, the defaults.',
    'Variables such as SLUICE__PROXY__PORT count, as they do for sluice start.',
    'Exit code: 0 valid, 1 not valid, or a file that it names is missing, does not fit or has expired.',
  ],
  async run(args, context) {
    const file = args.positionals[0] ?? findConfigFile(context);
    const looksAtFiles = !args.switches.has('without-files');
    const checked = await checkFile(file, looksAtFiles, context);
    printEither({ json: report(checked), text: () => reportText(checked, context) }, args, context);
    if (!args.switches.has('json')) context.stderr.write(remarks(checked, context));
    return checked.problems.length === 0 ? 0 : 1;
  },
};

interface Checked {
  /** Undefined when there is none. */
  readonly file: string | undefined;
  /** Undefined when it is not valid. */
  readonly config: GatewayConfig | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

async function checkFile(file: string | undefined, looksAtFiles: boolean, context: Context): Promise<Checked> {
  const loaded = await loadConfig(file === undefined ? { base: {} } : { file }, context);
  if (!loaded.ok) return { file, config: undefined, problems: loaded.problems, warnings: [] };
  const { config, warnings, locate } = loaded;
  const found = looksAtFiles ? await namedFileProblems(config, Date.now()) : [];
  return { file, config, problems: found.map((problem) => locate(problem)), warnings };
}

function report({ file, problems, warnings }: Checked): object {
  return {
    ok: problems.length === 0,
    file: file ?? null,
    problems: shownProblems(problems),
    warnings: shownProblems(warnings),
  };
}

function remarks({ file, warnings }: Checked, context: Context): string {
  const style = styleFor(context.stderr, context.env);
  const missing =
    file === undefined ? [`${style.yellow('note')}  ${noConfigFile.message}; ${noConfigFile.advice}`] : [];
  return [...missing, ...problemLines(warnings, style)].map((line) => `${line}\n`).join('');
}

function reportText(checked: Checked, context: Context): string {
  const { file = 'the environment', config, problems } = checked;
  const style = styleFor(context.stdout, context.env);
  if (config !== undefined && problems.length === 0) return `${style.green('ok')}  ${file}: ${summary(config)}\n`;
  const lines = problemLines(problems, style);
  const count = counted(countProblems(problems), 'problem');
  const where = config === undefined ? '' : ' with the files that it names';
  return `${lines.join('\n')}\n${style.red('not valid')}  ${file}: ${count}${where}\n`;
}

function summary({ proxy, management, routes }: GatewayConfig): string {
  const backends = routes.reduce((sum, route) => sum + route.backends.length, 0);
  const counts = `${counted(routes.length, 'route')}, ${counted(backends, 'backend')}`;
  return `${counts}; proxy on ${proxy.host}:${proxy.port}, management on ${management.host}:${management.port}`;
}
