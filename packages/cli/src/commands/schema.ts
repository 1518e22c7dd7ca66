import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from '../command/command.ts';
import { schemaText } from '../config/schema-text.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration, or write it to a file',
  positionals: ['[FILE]'],
  flags: [],
  notes: ['Editors with a YAML or JSON language server complete and check the configuration with it.'],
  async run({ positionals: [file] }, { stdout, cwd }) {
    if (file === undefined) {
      stdout.write(schemaText());
      return 0;
    }
    await writeFile(resolve(cwd, file), schemaText());
    stdout.write(`wrote ${file}\n`);
    return 0;
  },
};
