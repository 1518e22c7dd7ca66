import type { MonitoringInput, RouteObjective } from '@sluice/deploy';
import { formatDuration, nearestLatencyBound } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { join, resolve } from 'node:path';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { findConfigFile, loadConfig } from '../config/load-config.ts';
import { firstProblem } from '../config/problem-lines.ts';
import { readAddress, readTargets, targetsOf } from '../monitoring/monitoring-targets.ts';
import { writeMonitoring } from '../monitoring/write-monitoring.ts';
import { counted } from '../terminal/counted.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';

export const monitoring: Command = {
  name: 'monitoring',
  summary: 'Write what Prometheus, Alertmanager and Grafana need to watch Sluice',
  positionals: [],
  flags: [
    { name: 'out', short: 'o', value: 'DIR', description: 'Folder for the files' },
    { name: 'config', short: 'c', value: 'FILE', description: 'Configuration with the routes and addresses' },
    { name: 'targets', value: 'LIST', description: 'Management addresses to scrape: a:5000,https://b:5000' },
    { name: 'ca-file', value: 'FILE', description: 'Authorities that Prometheus verifies targets with, as PEM' },
    { name: 'alertmanager', value: 'LIST', description: 'Addresses of Alertmanager (127.0.0.1:9093)' },
    {
      name: 'webhook',
      value: 'URL',
      description: 'Where Alertmanager sends alerts; without it, only its own page has them',
    },
    { name: 'prometheus', value: 'URL', description: 'Where Grafana reaches Prometheus (http://127.0.0.1:9090)' },
    {
      name: 'jaeger',
      value: 'URL',
      description: 'Where people open Jaeger, for links from slow requests to their traces',
    },
    { name: 'runbooks', value: 'URL', description: 'Where the pages of docs/runbooks are published' },
    { name: 'force', short: 'f', description: 'Replace files that something else has written' },
    { name: 'json', description: 'Print the names of the files as JSON' },
  ],
  notes: [
    'Without --config, sluice.yaml, .json or .toml of the current folder is taken; without any, the defaults.',
    'Alerts of objectives come from slo of the routes. Routes of the API: sluice export routes.yaml, and --config routes.yaml.',
    'The files hold no secrets. Files that this command has written before are replaced.',
  ],
  async run(args, context) {
    const { out } = args.options;
    if (out === undefined) throw new UsageError('--out is missing: sluice monitoring --out monitoring');
    const config = await configOf(args, context);
    const input = inputOf(config, args, context);
    const { renderMonitoring } = await import('@sluice/deploy');
    const files = renderMonitoring(input);
    await writeMonitoring(resolve(context.cwd, out), files, { force: args.switches.has('force') });
    const paths = files.map(({ path }) => path);
    const json = { ok: true, out, files: paths, targets: input.targets, objectives: input.objectives.length };
    printEither({ json, text: () => reportText(out, paths, input, context) }, args, context);
    return 0;
  },
};

async function configOf({ options }: Arguments, context: Context): Promise<GatewayConfig> {
  const file = options['config'] ?? findConfigFile(context);
  const loaded = await loadConfig(file === undefined ? { base: {} } : { file }, context);
  if (loaded.ok) return loaded.config;
  const all = file === undefined ? '' : `; see sluice check ${file}`;
  throw new CommandFailure(`the configuration is not valid: ${firstProblem(loaded.problems)}${all}`);
}

function inputOf(config: GatewayConfig, { options }: Arguments, context: Context): MonitoringInput {
  const { targets, alertmanager = '127.0.0.1:9093', webhook, runbooks = 'docs/runbooks' } = options;
  const { prometheus = 'http://127.0.0.1:9090', jaeger, 'ca-file': caFile } = options;
  return {
    targets: targets === undefined ? targetsOf(config) : readTargets('targets', targets),
    caFile: caFile === undefined ? undefined : resolve(context.cwd, caFile),
    alertmanagers: readTargets('alertmanager', alertmanager),
    prometheus: readAddress('prometheus', prometheus),
    jaeger: jaeger === undefined ? undefined : readAddress('jaeger', jaeger),
    webhook: webhook === undefined ? undefined : readAddress('webhook', webhook),
    runbooks,
    objectives: config.routes.flatMap(({ name, slo }) => (slo === undefined ? [] : [{ route: name, slo }])),
  };
}

function reportText(
  out: string,
  paths: readonly string[],
  { targets, objectives }: MonitoringInput,
  context: Context,
): string {
  const { green, yellow } = styleFor(context.stdout, context.env);
  const counts = [
    counted(paths.length, 'file'),
    counted(targets.length, 'target'),
    `${counted(objectives.length, 'route')} with an objective`,
  ];
  const notes = objectives.flatMap(measuredAt).map((note) => `${yellow('note')}  ${note}\n`);
  const list = paths.map((path) => `  ${path}\n`);
  const next = ['prometheus', 'alertmanager'].map((name) => `  ${name} --config.file=${join(out, name)}.yml\n`);
  const grafana = `  Grafana: mount ${join(out, 'grafana')} as /etc/grafana/provisioning\n`;
  return `${green('ok')}  ${out}: ${counts.join(', ')}\n${[...list, ...notes].join('')}\nNext:\n${next.join('')}${grafana}`;
}

/** Durations are counted in buckets, so that few times of an objective are measured as they are written. */
function measuredAt({ route, slo: { latency = {} } }: RouteObjective): string[] {
  return Object.entries(latency).flatMap(([quantile, time]) => {
    const bound = Math.round(nearestLatencyBound(time) * 1000);
    if (bound === time) return [];
    return [
      `${route}: ${quantile} of ${formatDuration(time)} is measured at ${bound}ms, the nearest bound of the buckets`,
    ];
  });
}
