import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../../e2e/kit/index.ts';
import { fencedBlocks, readPage, root } from './testing/pages.ts';

/** The commands of the page up to the first verdict of a canary. */
const mostCommands = 9;

let page: string;
let folder: string;
let ports: ReadonlyMap<string, number>;
let shell: ChildProcessWithoutNullStreams;
let output = '';

beforeAll(async () => {
  ports = new Map(
    await Promise.all(['8000', '5000', '9001', '9002', '9003'].map(async (port) => [port, await freePort()] as const)),
  );
  page = readPage('docs/first-hour.md').replaceAll(/\b(?:8000|5000|900\d)\b/g, (port) => String(ports.get(port)));
  folder = mkdtempSync(join(tmpdir(), 'first-hour-'));
  // What `npm install sluice` leaves; a release is installed for real (scripts/release).
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(join(root, 'packages/sluice'), join(folder, 'node_modules/sluice'));
  symlinkSync('../sluice/bin/sluice.js', join(folder, 'node_modules/.bin/sluice'));
  for (const text of [...fencedBlocks(page, 'js'), ...fencedBlocks(page, 'yaml')]) {
    writeFileSync(join(folder, /^(?:\/\/|#) (\S+)\n/.exec(text)?.[1] ?? ''), text);
  }
  const env = {
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    HOME: folder,
    SLUICE__PROXY__PORT: String(ports.get('8000')),
    SLUICE__MANAGEMENT__PORT: String(ports.get('5000')),
  };
  shell = spawn('bash', ['--norc'], { cwd: folder, env, detached: true });
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
});
afterAll(() => {
  process.kill(-Number(shell.pid), 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Runs the commands of a block one by one, as they stand there. Returns what they said, and the last exit code after it. */
async function run(block: string): Promise<string> {
  const begin = output.length;
  for (const command of block.trimEnd().split('\n')) {
    const before = output.length;
    shell.stdin.write(`${command}\necho "= $?"\n`);
    await vi.waitUntil(() => /^= \d+$/m.test(output.slice(before)), { timeout: 240_000, interval: 20 });
    if (command.includes('sluice start')) await vi.waitUntil(isReady, { timeout: 60_000, interval: 100 });
  }
  return output.slice(begin);
}

const isReady = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${ports.get('5000')}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

test('every command of the page does what it says: a good version goes live, a bad one is taken back', async () => {
  const [start, traffic, good, bad, ...more] = fencedBlocks(page, 'sh').map((block) =>
    block.replace(/^npm install sluice\n/, ''),
  );
  const [greeting, takenBack] = fencedBlocks(page, 'text');
  expect(more).toEqual([]);
  expect(await run(start)).toContain(`${greeting}= 0`);
  await run(traffic);
  expect(await run(good)).toMatch(/live {2}all of sluice\.yaml\n= 0\n$/);
  const watch = bad.indexOf('curl');
  const verdict = await run(bad.slice(0, watch));
  expect(verdict).toContain(takenBack.trimEnd().replace('…', ''));
  expect(verdict).toMatch(/= 4\n$/);
  expect(await run(bad.slice(watch))).toContain('"state":"takenBack"');
  expect(await run(start.slice(start.indexOf('curl')))).toContain('hello from two\n');
  // The traffic would have ended at a request without a response.
  expect(await run('jobs -r')).toContain('setInterval');
}, 600_000);

test('the first canary takes fewer than ten commands', () => {
  const commands = fencedBlocks(page, 'sh').slice(0, 3).join('').trimEnd().split('\n');
  expect(commands.length).toBeLessThanOrEqual(mostCommands);
});
