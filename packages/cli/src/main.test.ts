import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSluice } from '../../../e2e/kit/index.ts';
import type { Outcome, SpawnOptions } from '../../../e2e/kit/index.ts';
import type { Context } from './command/command.ts';
import { main } from './main.ts';
import { schemaText } from './config/schema-text.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the real command in an empty folder. */
function sluice(args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  return runSluice(args, { ...options, cwd: folder });
}

/** The same without a process of its own, where only what is said matters. */
async function inProcess(args: readonly string[]): Promise<Outcome> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const context: Context = {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    env: {},
    cwd: folder,
  };
  const code = await main(args, context);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

test('version tells the versions, also as JSON and by --version', async () => {
  const plain = `sluice ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})\n`;
  expect(await sluice(['version'])).toEqual({ code: 0, stdout: plain, stderr: '' });
  expect(await sluice(['--version'])).toEqual({ code: 0, stdout: plain, stderr: '' });
  expect(JSON.parse((await sluice(['version', '--json'])).stdout)).toMatchObject({ sluice: version });
});

test('help names every command, and without a command it is shown with exit code 2', async () => {
  const { code, stdout } = await sluice(['--help']);
  expect(code).toBe(0);
  for (const name of ['start', 'check', 'init', 'schema', 'version', 'help'])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  expect(await sluice(['help'])).toMatchObject({ code: 0, stdout });
  expect(await sluice([])).toMatchObject({ code: 2, stderr: stdout, stdout: '' });
  // oxlint-disable-next-line no-control-regex -- no escape sequences in a pipe
  expect(stdout).not.toMatch(/\u001b/);
});

test.each(['start', 'check', 'init', 'schema', 'version', 'help'])('%s --help explains it', async (name) => {
  const { code, stdout } = await inProcess([name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: sluice ${name}`);
  expect(await inProcess(['help', name])).toMatchObject({ code: 0, stdout });
});

test.each([
  [['strat'], 'did you mean "start"?'],
  [['chekc', 'x.yaml'], 'did you mean "check"?'],
  [['frobnicate'], 'see sluice --help'],
  [['--verison'], 'did you mean "--version"?'],
  [['start', '--prot', '9000'], 'did you mean "--port"?'],
  [['start', '--managment-port=1'], 'did you mean "--management-port"?'],
  [['check', '--jsn', 'x'], 'did you mean "--json"?'],
  [['help', 'strat'], 'did you mean "start"?'],
  [['diff'], 'needs FILE'],
  [['check', 'a', 'b'], 'too many arguments: sluice check takes [FILE]; see --help'],
  [['start', 'x.yaml'], 'did you mean --config x.yaml?'],
  [['start', '--port'], '--port needs a value'],
  [['start', '--config', '--demo'], '--config needs a value'],
  [['start', '--demo=yes'], '--demo takes no value'],
  [['start', '--demo', '--config', 'x.yaml'], 'leave out'],
  [['init', 'x.toml'], 'ends in .yaml'],
])('%j is refused with exit code 2 and says: %s', async (args, hint) => {
  const { code, stdout, stderr } = await inProcess(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(hint);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('the real command suggests, too', async () => {
  expect(await sluice(['strat'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error  sluice has no command "strat"; did you mean "start"?\n',
  });
});

test('start refuses a bad configuration with every problem, naming files, variables and flags', async () => {
  await writeFile(join(folder, 'sluice.yaml'), 'proxy:\n  prot: 1\nroutes:\n  - name: a\n');
  const { code, stderr } = await sluice(['start', '--port', 'x'], { env: { SLUICE__PROXY__WORKER: '2' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^sluice\.yaml:2:3 +proxy\.prot +unknown field; did you mean "port"\?$/m);
  expect(stderr).toMatch(/^sluice\.yaml:4:5 +routes\[0\]\.backends +is required$/m);
  expect(stderr).toMatch(/^--port +proxy\.port +expected a number, not text/m);
  expect(stderr).toMatch(/^SLUICE__PROXY__WORKER +proxy\.worker +unknown field; did you mean "workers"\?$/m);
  expect(stderr).toContain('4 problems');
});

test('check reports all problems at once with file, line and column', async () => {
  await writeFile(
    join(folder, 'bad.yaml'),
    'routes:\n  - name: a\n    stratgy: Random\n    backends:\n      - { name: x, url: "http://u:hunter2@h" }\n  - name: a\n',
  );
  const { code, stdout } = await inProcess(['check', 'bad.yaml']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^bad\.yaml:3:5 +routes\[0\]\.stratgy +unknown field; did you mean "strategy"\?$/m);
  expect(stdout).toMatch(/^bad\.yaml:5:20 +routes\[0\]\.backends\[0\]\.url +an address may not hold credentials$/m);
  expect(stdout).toMatch(/^bad\.yaml:6:5 +routes\[1\]\.name +this route name is already used/m);
  expect(stdout).toMatch(/^bad\.yaml:6:5 +routes\[1\]\.backends +is required$/m);
  expect(stdout).not.toContain('hunter2');
});

test('check --json reports the same for machines', async () => {
  await writeFile(join(folder, 'bad.toml'), '[proxy]\nport = "x"\n');
  const { code, stdout } = await sluice(['check', 'bad.toml', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    file: 'bad.toml',
    problems: [{ path: 'proxy.port', message: 'expected a number, not text', source: 'bad.toml', line: 2, column: 1 }],
    warnings: [],
  });
});

test('check of a file that is not there fails', async () => {
  const { code, stdout } = await inProcess(['check', 'none.yaml']);
  expect(code).toBe(1);
  expect(stdout).toContain('there is no such file');
});

test('init writes a configuration that passes check, and never overwrites without --force', async () => {
  expect(await inProcess(['init'])).toMatchObject({ code: 0, stderr: '' });
  const text = await readFile(join(folder, 'sluice.yaml'), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/sluice\.schema\.json$/m);
  expect(await readFile(join(folder, 'sluice.schema.json'), 'utf8')).toBe(schemaText());
  const checked = await inProcess(['check', 'sluice.yaml']);
  expect(checked).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ok {2}sluice\.yaml: 1 route, 2 backends;/) as string,
  });

  await writeFile(join(folder, 'sluice.yaml'), 'mine');
  expect(await inProcess(['init'])).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') as string });
  expect(await readFile(join(folder, 'sluice.yaml'), 'utf8')).toBe('mine');
  expect(await inProcess(['init', '--force'])).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, 'sluice.yaml'), 'utf8')).toBe(text);
});

test('the lines that init comments out are valid too', async () => {
  await inProcess(['init']);
  const file = join(folder, 'sluice.yaml');
  const text = await readFile(file, 'utf8');
  // Remarks in prose begin right after "# "; settings are a key with a colon, or lie deeper below one.
  const settings = text.replaceAll(/^( *)# ((?: *- \{| *[a-zA-Z]+:( |$)).*)$/gm, '$1$2');
  expect(settings).toContain('\n    circuitBreaker:');
  await writeFile(file, settings.replace(/^Durations.*$/m, ''));
  expect((await inProcess(['check', '--without-files'])).stdout).toMatch(/^ok/);
});

test('schema prints the JSON Schema or writes it, and the one in the repository is the present one', async () => {
  expect((await sluice(['schema'])).stdout).toBe(schemaText());
  expect(await sluice(['schema', 'out.json'])).toMatchObject({ code: 0, stdout: 'wrote out.json\n' });
  expect(await readFile(join(folder, 'out.json'), 'utf8')).toBe(schemaText());
  expect(await readFile(join(root, 'sluice.schema.json'), 'utf8'), 'run: sluice schema sluice.schema.json').toBe(
    schemaText(),
  );
});

test('a file that cannot be written is said in one line', async () => {
  const { code, stderr } = await inProcess(['schema', 'no/such/folder.json']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error {2}ENOENT.*\n$/);
});

const olderNode = findOlderNode();

test.skipIf(olderNode === undefined)('an older Node says in one sentence what to do', async () => {
  const { code, stdout, stderr } = await sluice(['version'], { node: olderNode });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^error {2}Sluice needs Node 24 or newer, and this is Node [\d.]+ \(.*\): install .*nodejs\.org\n$/,
  );
});

/** A Node before 24 on the PATH, outside node_modules. */
function findOlderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const found = folders.map((entry) => join(entry, 'node')).find((file) => existsSync(file) && isOlder(file));
  if (found === undefined) console.log('skipped: there is no Node before 24 on the PATH to start from');
  return found;
}

function isOlder(file: string): boolean {
  const { stdout } = spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10) < 24;
}
