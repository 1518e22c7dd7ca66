import type { PortTakenError } from '@sluice/service';
import { alignColumns } from '../terminal/style.ts';

type Taken = Pick<PortTakenError, 'port' | 'host' | 'key' | 'holder'>;

const flagOf: Readonly<Record<string, string | undefined>> = {
  'proxy.port': '--port',
  'proxy.tls.port': undefined,
  'management.port': '--management-port',
};

/** What to tell when a port is taken: which one, by whom if known, and every way to choose another. */
export function portTakenText(
  taken: Taken,
  { file, env }: { file: string | undefined; env: Readonly<Record<string, string | undefined>> },
): string {
  const other = taken.port < 65535 ? taken.port + 1 : taken.port - 1;
  const holder = taken.holder === undefined ? 'another process' : taken.holder;
  const flag = flagOf[taken.key];
  // Under `npm start` the flag has to pass through npm.
  const command = env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'sluice start';
  const variable = `SLUICE__${taken.key.replaceAll('.', '__').toUpperCase()}`;
  const rows = [
    ...(flag === undefined ? [] : [[`  ${command} ${flag} ${other}`, 'for this run']]),
    [`  ${variable}=${other}`, 'in the environment'],
    ...(file === undefined ? [] : [[`  ${taken.key}: ${other}`, `in ${file}`]]),
  ];
  const title = `Port ${taken.port} on ${taken.host} (${taken.key}) is taken by ${holder}. To choose another:`;
  return `${[title, '', ...alignColumns(rows, 4)].join('\n')}\n`;
}
