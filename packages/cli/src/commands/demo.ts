import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { readDemoFile } from '../demo/demo-file.ts';
import { scenarios } from '../demo/scenarios.ts';

const names = scenarios.map(({ name }) => name);

/** `sluice demo`. */
export const demo: Command = {
  name: 'demo',
  summary: `Show a deployment on the demo that runs: ${names.join(', ')}`,
  positionals: [names.join('|')],
  flags: [],
  notes: [
    ...scenarios.map(({ name, about }) => `sluice demo ${name}: ${about}`),
    '',
    'Needs npm start, or sluice start --demo, in the same folder; makes 300 requests a second; takes less than a minute.',
    'Exit code: 0 it ended as it has to, 1 it did not, 130 Ctrl-C.',
  ],
  async run({ positionals: [given = ''] }, context) {
    const scenario = scenarios.find(({ name }) => name === given);
    if (scenario === undefined) {
      const hint = suggestion(given, names);
      throw new UsageError(
        `sluice demo cannot show "${given}"${hint === '' ? `; it can show ${names.join(', ')}` : hint}`,
      );
    }
    const running = await readDemoFile(context.cwd);
    const { runScenario } = await import('../demo/run-scenario.ts');
    return runScenario(scenario, running, context);
  },
};
