import type { Gateway, ListenAddress } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import type { Context } from '../command/command.ts';
import type { Demo } from '../demo/start-demo.ts';
import { counted } from '../terminal/counted.ts';
import { reachableUrl } from './reachable-url.ts';
import { alignColumns, styleFor } from '../terminal/style.ts';
import { version } from '../command/version.ts';

/** What there is to tell once the process runs. */
export interface StartFacts {
  readonly addresses: Partial<Gateway['addresses']> & { readonly management: ListenAddress };
  readonly revision: number;
  /** How many routes are live. */
  readonly routes: number;
  readonly demo: Pick<Demo, 'stable' | 'candidate' | 'bad'> | undefined;
  readonly config: GatewayConfig;
  readonly file: string | undefined;
  /** Made up for `admin` just now: shown this once. */
  readonly adminPassword: string | undefined;
  readonly json: boolean;
  readonly log: Logger;
}

/** Says what runs where: a page for people on a terminal and in the demo, one line in the log everywhere else. */
export function startReport(facts: StartFacts, context: Context): void {
  const places = placesOf(facts);
  const { json, demo, log, revision, config, adminPassword } = facts;
  const forPeople = !json && (context.stdout.isTTY === true || demo !== undefined);
  if (forPeople) {
    context.stdout.write(page(facts, places, context));
    return;
  }
  log.info('running', { version, role: config.role, revision, ...Object.fromEntries(places) });
  // Not through the log: what collects logs should not keep a password, whoever started the process should see it.
  if (adminPassword !== undefined) context.stdout.write(`password of admin, shown this once: ${adminPassword}\n`);
}

function placesOf({ addresses, config, demo }: StartFacts): [string, string][] {
  const { proxy, tls, management } = addresses;
  const places: [string, string][] = [];
  if (proxy) places.push(['proxy', reachableUrl('http', proxy)]);
  if (tls) places.push(['proxy tls', reachableUrl('https', tls)]);
  places.push(['management', reachableUrl(config.management.tls ? 'https' : 'http', management)]);
  if (demo) places.push(['stable', demo.stable], ['candidate', demo.candidate], ['bad', demo.bad]);
  return places;
}

const remarks: Readonly<Record<string, string>> = {
  management: '/swagger  /health  /metrics',
  stable: 'demo backend, 90 % of /test/**',
  candidate: 'demo backend, 10 %',
  bad: 'fails 8 %, and is slower: for sluice demo bad-canary',
};

function page(facts: StartFacts, places: readonly [string, string][], context: Context): string {
  const { config, file, demo, addresses, routes, adminPassword } = facts;
  const { bold, dim } = styleFor(context.stdout, context.env);
  const counts = `${counted(routes, 'route')}, ${counted(config.proxy.workers, 'worker')}`;
  const what = config.role === 'control' ? 'the control plane is running' : `is running: ${counts}`;
  const rows = alignColumns(places.map(([name, place]) => [`  ${name}`, place, remarks[name] ?? '']));
  const lines = ['', `${bold('Sluice')} ${version} ${what}`, '', ...rows.map((row) => row.trimEnd())];
  if (adminPassword !== undefined) lines.push('', `  user admin, password ${bold(adminPassword)}  (shown this once)`);
  const { proxy, management } = addresses;
  if (demo && proxy) lines.push('', 'Try:', '', ...tryLines(reachableUrl('http', proxy)));
  else if (routes === 0 && config.role !== 'gateway' && config.routesOwner === 'api') {
    lines.push('', 'No routes yet:', '', ...firstSteps(reachableUrl('http', management)));
  }
  const watched = file === undefined ? '' : `Changes of ${file} go live at once. `;
  return `${[...lines, '', dim(`${watched}Ctrl-C finishes what runs and stops.`), ''].join('\n')}\n`;
}

function firstSteps(management: string): string[] {
  return [
    '  sluice init && sluice start              begin with a file that explains itself',
    '  sluice login && sluice apply FILE        bring in the routes of a file',
    `  ${management}/swagger            see the whole API`,
  ];
}

function tryLines(proxy: string): string[] {
  return [
    `  curl -i ${proxy}/test/get`,
    `  curl -N ${proxy}/test/sse`,
    `  for i in $(seq 100); do curl -s ${proxy}/test/get | grep servedBy; done | sort | uniq -c`,
    '  npx sluice demo canary        a new version, brought in step by step under load',
    '  npx sluice demo bad-canary    one that fails, and is taken back',
  ];
}
