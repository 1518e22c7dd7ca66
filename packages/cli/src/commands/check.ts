import { formatPath } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import type { Command, Context } from '../command.ts';
import { loadConfig } from '../config-file.ts';
import { counted, problemLines } from '../problem-lines.ts';
import { styleFor } from '../style.ts';

/** `sluice check`. */
export const check: Command = {
  name: 'check',
  summary: 'Check a configuration file; reports every problem with its line',
  positionals: ['FILE'],
  flags: [{ name: 'json', description: 'Print JSON' }],
  notes: [
    'SLUICE__A__B variables of the environment count, as they do for sluice start.',
    'Exit code: 0 valid, 1 not.',
  ],
  async run({ flags, positionals: [file = ''] }, context) {
    const result = await loadConfig({ file }, context);
    const problems = result.ok ? [] : result.problems;
    if (flags['json'] === true) context.stdout.write(`${JSON.stringify(report(file, problems))}\n`);
    else if (result.ok) context.stdout.write(`${summary(file, result.config, context)}\n`);
    else context.stdout.write(refusal(file, problems, context));
    return result.ok ? 0 : 1;
  },
};

function report(file: string, problems: readonly ConfigProblem[]): object {
  const shown = problems.map(({ path, ...rest }) => ({ path: formatPath(path), ...rest }));
  return { ok: problems.length === 0, file, problems: shown };
}

function summary(file: string, { proxy, management, routes }: GatewayConfig, context: Context): string {
  const { green } = styleFor(context.stdout, context.env);
  const backends = routes.reduce((sum, route) => sum + route.backends.length, 0);
  const counts = `${counted(routes.length, 'route')}, ${counted(backends, 'backend')}`;
  const places = `proxy on ${proxy.host}:${proxy.port}, management on ${management.host}:${management.port}`;
  return `${green('ok')}  ${file}: ${counts}; ${places}`;
}

function refusal(file: string, problems: readonly ConfigProblem[], context: Context): string {
  const style = styleFor(context.stdout, context.env);
  const lines = problemLines(problems, style);
  return `${lines.join('\n')}\n${style.red('not valid')}  ${file}: ${counted(problems.length, 'problem')}\n`;
}
