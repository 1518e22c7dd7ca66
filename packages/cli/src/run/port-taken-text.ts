import type { PortTakenError } from '@sluice/service';
import { alignColumns } from '../terminal/style.ts';

type Taken = Pick<PortTakenError, 'port' | 'host' | 'key' | 'holder'>;

const flagOf: Readonly<Record<string, string | undefined>> = {
  'proxy.port': '--port',
  'proxy.tls.port': undefined,
  'management.port': '--management-port',
};

/** What to tell when ports are taken: which, by whom if known, and every way to choose others. */
export function portTakenText(
  taken: readonly Taken[],
  { file, env }: { file: string | undefined; env: Readonly<Record<string, string | undefined>> },
): string {
  const choices = choicesFor(taken);
  const flags = choices.map(({ key, other }) => flagOf[key] && `${flagOf[key]} ${other}`);
  // Under `npm start` the flags have to pass through npm.
  const command = env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'sluice start';
  const variables = choices.map(({ key, other }) => `SLUICE__${key.replaceAll('.', '__').toUpperCase()}=${other}`);
  const keys = choices.map(({ key, other }) => `${key}: ${other}`);
  const rows = [
    ...(flags.includes(undefined) ? [] : [[`  ${[command, ...flags].join(' ')}`, 'for this run']]),
    [`  ${variables.join(' ')}`, 'in the environment'],
    ...(file === undefined ? [] : [[`  ${keys.join(', ')}`, `in ${file}`]]),
  ];
  const titles = taken.map(
    ({ port, host, key, holder }) => `Port ${port} on ${host} (${key}) is taken by ${holder ?? 'another process'}.`,
  );
  const title = `${titles.join('\n')} To choose ${taken.length === 1 ? 'another' : 'others'}:`;
  return `${[title, '', ...alignColumns(rows, 4)].join('\n')}\n`;
}

/** A port beside each that is taken, all different. */
function choicesFor(taken: readonly Taken[]): { readonly key: string; readonly other: number }[] {
  const used = new Set(taken.map(({ port }) => port));
  return taken.map(({ key, port }) => {
    const step = port < 65_000 ? 1 : -1;
    let other = port + step;
    while (used.has(other)) other += step;
    used.add(other);
    return { key, other };
  });
}
