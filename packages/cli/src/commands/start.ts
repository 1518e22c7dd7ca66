import { processRoles } from '@sluice/model';
import { createProcessLog } from '@sluice/service';
import type { Override, ProcessLog } from '@sluice/service';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { findConfigFile, noConfigFile } from '../config/load-config.ts';
import { wantsColor } from '../terminal/style.ts';

export const start: Command = {
  name: 'start',
  summary: 'Run the gateway and its control plane',
  positionals: [],
  flags: [
    { name: 'config', short: 'c', value: 'FILE', description: 'Configuration: .yaml, .json or .toml; watched' },
    { name: 'demo', description: 'Run with two demo backends and a route to them' },
    { name: 'port', short: 'p', value: 'N', description: 'Port of the proxy (proxy.port)' },
    { name: 'host', value: 'H', description: 'Address of the proxy (proxy.host)' },
    { name: 'workers', short: 'w', value: 'N', description: 'Worker threads (proxy.workers)' },
    { name: 'management-port', value: 'N', description: 'Port of the management API (management.port)' },
    {
      name: 'role',
      value: 'ROLE',
      choices: processRoles,
      description: 'gateway, control or all (role): what this process is',
    },
    { name: 'json', description: 'Write the log as JSON lines, also on a terminal' },
  ],
  notes: [
    'Without --config, sluice.yaml, .json or .toml of the current folder is taken; without any, the defaults.',
    'A file without the key "routes" leaves routes to the management API; they are kept in .sluice/.',
    'Environment variables override the file (SLUICE__PROXY__PORT=8080), flags override both.',
    'SIGTERM and SIGINT finish what runs and stop; a second one stops at once. SIGHUP reloads.',
  ],
  async run(args, context) {
    const demo = args.switches.has('demo');
    const file = fileOf(args, demo, context);
    const log = loggerOf(args, context);
    if (file === undefined && !demo) log.info(noConfigFile.message, { advice: noConfigFile.advice });
    // Loaded only now: the other commands need none of it.
    const { run } = await import('../run/run.ts');
    return run({ file, demo, flags: overridesOf(args), log, args }, context);
  },
};

/** The keys that flags set. */
const flagKeys: Readonly<Record<string, { path: readonly string[]; numeric: boolean }>> = {
  port: { path: ['proxy', 'port'], numeric: true },
  host: { path: ['proxy', 'host'], numeric: false },
  workers: { path: ['proxy', 'workers'], numeric: true },
  'management-port': { path: ['management', 'port'], numeric: true },
  role: { path: ['role'], numeric: false },
};

function fileOf({ options }: Arguments, demo: boolean, context: Context): string | undefined {
  const given = options['config'];
  if (typeof given === 'string') {
    if (demo) throw new UsageError('--demo brings its own configuration: leave out --config, or --demo');
    return given;
  }
  return demo ? undefined : findConfigFile(context);
}

/** Text that is no number is passed on as it is: validation refuses it with the name of the flag. */
function overridesOf({ options }: Arguments): Override[] {
  return Object.entries(flagKeys).flatMap(([name, { path, numeric }]) => {
    const text = options[name];
    if (typeof text !== 'string') return [];
    const value = numeric && /^\d+$/.test(text) ? Number(text) : text;
    return [{ path, value, source: `--${name}` }];
  });
}

function loggerOf({ switches }: Arguments, { stderr, env }: Context): ProcessLog {
  const json = switches.has('json') ? true : undefined;
  return createProcessLog({ output: stderr, json, color: wantsColor(stderr, env) });
}
