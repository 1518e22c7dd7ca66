import { extname, resolve } from 'node:path';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { writeRoutes } from '../file-configuration/write-routes.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';
import { counted } from '../terminal/counted.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { styleFor } from '../terminal/style.ts';

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write all routes and shared backends of a running Sluice as YAML',
  positionals: ['[FILE]'],
  flags: [
    { name: 'force', short: 'f', description: 'Replace an existing file' },
    ...apiFlags,
    { name: 'json', description: 'Write JSON instead; so does a FILE that ends in .json' },
  ],
  notes: [
    'Without FILE it goes to stdout. sluice check and sluice apply accept it.',
    'Consumers are not part of it: only an Admin may read them, and sluice backup has them with the hashes of their keys.',
    'Secrets are written as [hidden], which sluice apply leaves as they are. To start from the file, write them out.',
    ...apiNotes,
  ],
  async run(args, context) {
    const [file] = args.positionals;
    const format = formatFor(file, args.switches.has('json'));
    const { call } = await connect(args, context);
    const { revision, configuration } = await call((client) => client.exportConfiguration());
    const { routes, backends } = configuration;
    const text = writeRoutes({ revision, routes, backends }, format);
    if (file === undefined) {
      context.stdout.write(text);
      return 0;
    }
    const replace = args.switches.has('force');
    if (!(await writeWholeFile(resolve(context.cwd, file), text, { replace }))) {
      throw new CommandFailure(`${file} exists already and was left as it is: --force replaces it`);
    }
    const { stderr, env } = context;
    const counts = `${counted(routes.length, 'route')}, ${counted(backends.length, 'shared backend')}`;
    stderr.write(`${styleFor(stderr, env).green('ok')}  ${file}: ${counts}, revision ${revision}\n`);
    return 0;
  },
};

function formatFor(file: string | undefined, json: boolean): 'yaml' | 'json' {
  const extension = file === undefined ? '' : extname(file).toLowerCase();
  if (json) return 'json';
  if (extension === '.json') return 'json';
  if (file !== undefined && !['.yaml', '.yml'].includes(extension)) {
    throw new UsageError('sluice export writes YAML or JSON: FILE ends in .yaml, .yml or .json');
  }
  return 'yaml';
}
