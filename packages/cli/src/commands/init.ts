import { codeOf } from '@sluice/service';
import { access, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { schemaText } from '../config/schema-text.ts';
import { starterConfig } from '../config/starter-config.ts';

const schemaName = 'sluice.schema.json';

export const init: Command = {
  name: 'init',
  summary: 'Write a commented configuration to start from',
  positionals: ['[FILE]'],
  flags: [{ name: 'force', short: 'f', description: 'Overwrite existing files' }],
  notes: [`FILE is sluice.yaml if absent. ${schemaName} is put beside it, so that editors can complete and check it.`],
  async run({ switches, positionals: [file = 'sluice.yaml'] }, { stdout, stderr, cwd }) {
    if (!['.yaml', '.yml'].includes(extname(file)))
      throw new UsageError('sluice init writes YAML: FILE ends in .yaml or .yml');
    const target = resolve(cwd, file);
    const force = switches.has('force');
    if (!(await writeUnless(target, starterConfig(schemaName), force))) {
      stderr.write(`${file} exists already and was left as it is; sluice init --force overwrites it\n`);
      return 1;
    }
    const schema = join(dirname(file), schemaName);
    const wroteSchema = await writeUnless(resolve(cwd, schema), schemaText(), force);
    const isFound = basename(file) === 'sluice.yaml' && dirname(file) === '.';
    const [checkIt, startIt] = isFound
      ? ['sluice check', 'sluice start']
      : [`sluice check ${file}`, `sluice start --config ${file}`];
    stdout.write(`wrote ${file}${wroteSchema ? ` and ${schema} (completion in editors)` : ''}\n`);
    stdout.write(`\nNext:\n  edit ${file}: the addresses of your backends\n  ${checkIt}\n  ${startIt}\n`);
    return 0;
  },
};

/** Writes a file. False, and nothing changed, when it exists and may not be overwritten. */
async function writeUnless(target: string, text: string, force: boolean): Promise<boolean> {
  try {
    await writeFile(target, text, { flag: force ? 'w' : 'wx' });
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') await access(dirname(target)).catch(() => refuseFolder(dirname(target)));
    throw error;
  }
}

function refuseFolder(folder: string): never {
  throw new UsageError(`there is no folder ${folder}`);
}
