import type { Gateway, ListenAddress } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import type { Context } from '../command/command.ts';
import type { Demo } from '../demo/start-demo.ts';
import { counted } from '../terminal/counted.ts';
import { reachableUrl } from './reachable-url.ts';
import { alignColumns, styleFor } from '../terminal/style.ts';
import { version } from '../command/version.ts';

/** What runs once the process has started. */
export interface Started {
  readonly addresses: Partial<Gateway['addresses']> & { readonly management: ListenAddress };
  readonly revision: number;
  /** How many routes are live. */
  readonly routes: number;
  readonly demo: Pick<Demo, 'stable' | 'candidate' | 'bad'> | undefined;
  readonly config: GatewayConfig;
  readonly file: string | undefined;
  /** What set the port of the proxy; undefined for the default. */
  readonly portFrom: string | undefined;
  /** The generated password of `admin`, shown this once. */
  readonly adminPassword: string | undefined;
  readonly json: boolean;
  readonly log: Logger;
}

/** Says what runs where: a page for people on a terminal and in the demo, one line of the log elsewhere. */
export function startReport(started: Started, context: Context): void {
  const places = placesOf(started);
  const { json, demo, log, revision, config, portFrom, adminPassword } = started;
  const forPeople = !json && (context.stdout.isTTY === true || demo !== undefined);
  if (forPeople) {
    context.stdout.write(page(started, places, context));
    return;
  }
  log.info('running', { version, role: config.role, revision, ...Object.fromEntries(places), portFrom });
  // Not in the log: whoever started the process should see the password, but log collectors should not keep it.
  if (adminPassword !== undefined) context.stdout.write(`password of admin, shown this once: ${adminPassword}\n`);
}

function placesOf({ addresses, config, demo }: Started): [string, string][] {
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
  bad: 'demo backend that is slower and fails 8 %',
};

function page(started: Started, places: readonly [string, string][], context: Context): string {
  const { config, file, demo, addresses, routes, portFrom, adminPassword } = started;
  const { bold, dim } = styleFor(context.stdout, context.env);
  const counts = `${counted(routes, 'route')}, ${counted(config.proxy.workers, 'worker')}`;
  const what = config.role === 'control' ? 'the control plane is running' : `is running: ${counts}`;
  const proxyRemark = portFrom === undefined ? '' : `port from ${portFrom}`;
  const remarkOf = (name: string): string => (name === 'proxy' ? proxyRemark : (remarks[name] ?? ''));
  const rows = alignColumns(places.map(([name, place]) => [`  ${name}`, place, remarkOf(name)]));
  const lines = ['', `${bold('Sluice')} ${version} ${what}`, '', ...rows.map((row) => row.trimEnd())];
  if (adminPassword !== undefined) lines.push('', `  user admin, password ${bold(adminPassword)}  (shown this once)`);
  if (demo && adminPassword !== undefined) {
    lines.push('  to change it: npx sluice login admin, then npx sluice user password admin');
  }
  if (demo) lines.push('', '  everything is in memory: users, keys, routes and history end with the demo');
  const { proxy, management } = addresses;
  if (demo && proxy) lines.push('', 'Try in another terminal:', '', ...tryLines(reachableUrl('http', proxy)));
  else if (routes === 0 && config.role !== 'gateway' && config.routesOwner === 'api') {
    lines.push('', 'No routes yet:', '', ...firstSteps(reachableUrl('http', management)));
  }
  const watched = file === undefined ? '' : `Changes to ${file} go live at once. `;
  return `${[...lines, '', dim(`${watched}Ctrl-C lets open requests finish, then stops.`), ''].join('\n')}\n`;
}

function firstSteps(management: string): string[] {
  return [
    '  sluice init && sluice start              start from a commented file',
    '  sluice login && sluice apply FILE        apply the routes of a file',
    `  ${management}/swagger            explore the API`,
  ];
}

function tryLines(proxy: string): string[] {
  return [
    `  curl -i ${proxy}/test/get`,
    `  curl -N ${proxy}/test/sse`,
    `  for i in $(seq 100); do curl -s ${proxy}/test/get | grep servedBy; done | sort | uniq -c`,
    '  npx sluice demo canary        release a new version step by step, under load',
    '  npx sluice demo bad-canary    release one that fails, and see it rolled back',
  ];
}
