/**
 * `npm run check [-- step…]`: everything that can be judged without running the program. All steps run even when one
 * fails, so one run shows every problem. The exit code is 1 if any step failed.
 */
import { spawnSync } from 'node:child_process';
import { styleText } from 'node:util';

const steps: Readonly<Record<string, readonly string[]>> = {
  types: ['tsc', '-p', 'tsconfig.json'],
  lint: ['oxlint', '--type-aware'],
  format: ['oxfmt', '--check'],
  imports: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'e2e', 'bench', 'scripts'],
  unused: ['knip'],
  // The schema that editors use is generated: npm run schema.
  schema: ['sh', '-c', 'sluice schema | diff -u sluice.schema.json -'],
  proof: ['node', 'scripts/prove-checks.ts'],
  renames: ['node', 'scripts/prove-renames.ts'],
};

function runStep(name: string): boolean {
  const [command = '', ...args] = steps[name] ?? [];
  console.log(styleText('bold', `\n== ${name}: ${command} ${args.join(' ')}`));
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error)
    console.error(`${command} could not be started (${error.message}); run npm ci, and start this with npm run`);
  return status === 0;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`unknown step: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

const names = wanted.length > 0 ? wanted : Object.keys(steps);
const failed = names.filter((name) => !runStep(name));
console.log(
  failed.length === 0 ? `\ncheck: all of ${names.join(', ')} passed` : `\ncheck: failed: ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
