import type { Gateway, ListenAddress } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import type { Context } from './command.ts';
import type { DemoSession } from './demo-session.ts';
import { counted } from './problem-lines.ts';
import { alignColumns, styleFor } from './style.ts';
import { version } from './version.ts';

/** What there is to tell once the gateway runs. */
export interface StartFacts {
  readonly gateway: {
    readonly addresses: Gateway['addresses'] & { readonly management: ListenAddress };
    readonly revision: number;
  };
  readonly demo: Pick<DemoSession, 'stable' | 'candidate'> | undefined;
  readonly config: GatewayConfig;
  readonly file: string | undefined;
  readonly json: boolean;
  readonly log: Logger;
}

/** Says what runs where: a page for people on a terminal and in the demo, one line in the log everywhere else. */
export function startReport(facts: StartFacts, context: Context): void {
  const places = placesOf(facts);
  const forPeople = !facts.json && (context.stdout.isTTY === true || facts.demo !== undefined);
  if (forPeople) context.stdout.write(page(facts, places, context));
  else facts.log.info('running', { version, revision: facts.gateway.revision, ...Object.fromEntries(places) });
}

function placesOf({ gateway, demo }: StartFacts): [string, string][] {
  const { proxy, tls, management } = gateway.addresses;
  const places: [string, string][] = [];
  if (proxy) places.push(['proxy', url('http', proxy)]);
  if (tls) places.push(['proxy tls', url('https', tls)]);
  places.push(['management', url('http', management)]);
  if (demo) places.push(['stable', demo.stable], ['candidate', demo.candidate]);
  return places;
}

const remarks: Readonly<Record<string, string>> = {
  management: '/health  /ready  /metrics',
  stable: 'demo backend, 90 % of /test/**',
  candidate: 'demo backend, 10 %',
};

function page(
  { config, file, demo, gateway }: StartFacts,
  places: readonly [string, string][],
  context: Context,
): string {
  const { bold, dim } = styleFor(context.stdout, context.env);
  const counts = `${counted(config.routes.length, 'route')}, ${counted(config.proxy.workers, 'worker')}`;
  const rows = alignColumns(places.map(([name, place]) => [`  ${name}`, place, remarks[name] ?? '']));
  const lines = ['', `${bold('Sluice')} ${version} is running: ${counts}`, '', ...rows.map((row) => row.trimEnd())];
  const proxy = gateway.addresses.proxy;
  if (demo && proxy) lines.push('', 'Try:', '', ...tryLines(url('http', proxy)));
  const watched = file === undefined ? '' : `Changes of ${file} go live at once. `;
  return `${[...lines, '', dim(`${watched}Ctrl-C finishes what runs and stops.`), ''].join('\n')}\n`;
}

function tryLines(proxy: string): string[] {
  return [
    `  curl -i ${proxy}/test/get`,
    `  curl -N ${proxy}/test/sse`,
    `  for i in $(seq 100); do curl -s ${proxy}/test/get | grep servedBy; done | sort | uniq -c`,
  ];
}

function url(scheme: string, { host, port }: { host: string; port: number }): string {
  // An address that stands for all of them cannot be connected to everywhere; this machine always can.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
