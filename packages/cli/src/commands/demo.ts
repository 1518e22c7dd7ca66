import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { readDemoFile } from '../session/demo-file.ts';
import { scenarios } from '../demo/scenarios.ts';

const names = scenarios.map(({ name }) => name);

export const demo: Command = {
  name: 'demo',
  summary: `Show a deployment on the running demo: ${names.join(', ')}`,
  positionals: [names.join('|')],
  flags: [],
  notes: [
    ...scenarios.map(({ name, about }) => `sluice demo ${name}: ${about}`),
    '',
    'Needs npm start, or sluice start --demo, in the same folder. Sends 300 requests a second for less than a minute.',
    'Exit code: 0 ended as it should, 1 did not, 130 Ctrl-C.',
  ],
  async run({ positionals: [given = ''] }, context) {
    const scenario = scenarios.find(({ name }) => name === given);
    if (scenario === undefined) {
      const hint = suggestion(given, names);
      throw new UsageError(`sluice demo has no scenario "${given}"${hint || `; there are ${names.join(', ')}`}`);
    }
    const running = await readDemoFile(context.cwd);
    const { runScenario } = await import('../demo/run-scenario.ts');
    return runScenario(scenario, running, context);
  },
};
