/**
 * `npm run release`: builds, packs and tries the packages as a user would get them, and publishes them.
 *
 *     npm run release -- --dry-run    everything but publishing
 *     npm run release -- --version    the next version, from the files in .changeset
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { publishAll, releaseProblems } from './release/publish.ts';
import { runCommand } from './release/run-command.ts';
import { compileConsumer } from './release/strict-consumer.ts';
import { contentProblems, packAll } from './release/tarballs.ts';
import { installTools, olderNode, supportedNodes, tools } from './release/tools.ts';
import { install, tryMissingDriver, tryOlderNode, tryStart } from './release/try-installed.ts';

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, version: { type: 'boolean' } } });
const began = performance.now();
const tool = (name: string): string => join(tools, 'node_modules/.bin', name);

try {
  if (values.version) makeVersion();
  else await release(values['dry-run'] === true);
} catch (error) {
  console.error(`\nrelease: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function makeVersion(): void {
  step('the tools of a release', installTools);
  step('versions and CHANGELOG.md', () => runCommand(tool('changeset'), ['version']));
  step('the lock file', () => runCommand('npm', ['install', '--package-lock-only', '--ignore-scripts']));
}

async function release(isDryRun: boolean): Promise<void> {
  const problems = isDryRun ? [] : releaseProblems();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const folder = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  try {
    await tryPackages(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!isDryRun) publishAll();
  console.log(isDryRun ? '\nrelease: the packages are fit to be published; this was a dry run' : '\nrelease: done');
}

async function tryPackages(folder: string): Promise<void> {
  step('the tools of a release', installTools);
  step('build', () => runCommand('node', ['scripts/build.ts']));
  const tarballs = step('pack', () => packAll(folder));
  const files = tarballs.map(({ file }) => file);

  step('content of the packages', () => {
    const problems = tarballs.flatMap(contentProblems);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  step('publint, attw', () => {
    for (const file of files) {
      runCommand(tool('publint'), ['run', file, '--strict']);
      runCommand(tool('attw'), [file, '--profile', 'esm-only']);
    }
  });

  for (const node of supportedNodes()) {
    const place = join(folder, `node-${node.version}`);
    step(`npm install with Node ${node.version}`, () => `${install(place, files, node)} MB`);
    await step('npx sluice start, requests, the programs of the docs', () => tryStart(place, node));
    step('a store without its driver', () => tryMissingDriver(place, node));
  }

  const [first] = supportedNodes().map(({ version }) => join(folder, `node-${version}`));
  step('a strict consumer of every entry', () => compileConsumer(first));
  const older = olderNode();
  if (older === undefined) console.log('skipped: an older Node, since there is none on the path');
  else step(`Node ${older.version} is told what to do`, () => tryOlderNode(first, older));
}

/** Does one step, and says which and when. */
function step<T>(name: string, work: () => T): T {
  process.stdout.write(`[${String(Math.round((performance.now() - began) / 1000)).padStart(3)} s] ${name}\n`);
  const result = work();
  if (typeof result === 'string') console.log(`        ${result}`);
  return result;
}
