import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './packages.ts';
import { freshEnvironment, runCommand, tryCommand } from './run-command.ts';
import type { CommandOptions } from './run-command.ts';
import type { OtherNode } from './tools.ts';

/** Megabytes that an installation may take, as `du` counts. */
const mostMegabytes = 40;
const password = 'a password for the dry run';

/** Installs the tarballs as a user would install `sluice`, into a new folder. Returns its size in megabytes. */
export function install(folder: string, files: readonly string[], { path }: OtherNode): number {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const { output } = runCommand('npm', ['install', '--no-audit', '--no-fund', ...files], { cwd: folder, path });
  if (/warn/i.test(output)) throw new Error(`npm install warns:\n${output}`);
  const megabytes = Number.parseInt(runCommand('du', ['-sm', 'node_modules'], { cwd: folder }).stdout, 10);
  if (megabytes >= mostMegabytes)
    throw new Error(`an installation takes ${megabytes} MB; the limit is ${mostMegabytes}`);
  return megabytes;
}

/** Starts the demo in an empty folder by `npx sluice start`, sends requests, runs the programs of the docs, and ends npm. */
export async function tryStart(folder: string, { path }: OtherNode): Promise<void> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const flags = ['--demo', '--port', String(port), '--management-port', String(managementPort)];
  const options: CommandOptions = { path, env: { SLUICE_ADMIN_PASSWORD: password } };
  const npx = spawn('npx', ['--no-install', 'sluice', 'start', ...flags], {
    cwd: folder,
    env: freshEnvironment(options),
  });
  let output = '';
  for (const stream of [npx.stdout, npx.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const control = `http://127.0.0.1:${managementPort}`;
  try {
    await until(
      'the gateway to be ready',
      () => isOk(`${control}/ready`),
      () => output,
    );
    for (const url of [`http://127.0.0.1:${port}/test/get`, `${control}/swagger/swagger-ui-bundle.js`]) {
      if (!(await isOk(url))) throw new Error(`${url} is not answered with success:\n${output}`);
    }
    runPrograms(folder, path, control);
  } finally {
    npx.kill('SIGTERM');
  }
  await until(
    'the gateway to end after npm',
    async () => !(await isOk(`${control}/live`)),
    () => output,
  );
  if (output.includes('(node:')) throw new Error(`Node warns:\n${output}`);
}

/** The programs that docs/embedding.md shows. */
function runPrograms(folder: string, path: string, control: string): void {
  const page = readFileSync(join(root, 'docs/embedding.md'), 'utf8');
  const env = { SLUICE_URL: control, SLUICE_PASSWORD: password };
  for (const [, text = '', name = ''] of page.matchAll(/^```js\n(\/\/ (\S+)\n.*?)^```$/gms)) {
    writeFileSync(join(folder, name), text);
    const { output } = runCommand('node', [name], { cwd: folder, path, env });
    if (output.includes('(node:')) throw new Error(`${name}: Node warns:\n${output}`);
  }
}

/** A store whose driver is not installed is refused with the command that installs it. */
export function tryMissingDriver(folder: string, { path }: OtherNode): void {
  const env = {
    SLUICE__STORE__URL: 'postgres://localhost/sluice',
    SLUICE__PROXY__PORT: '0',
    SLUICE__MANAGEMENT__PORT: '0',
  };
  const { code, output } = tryCommand('npx', ['--no-install', 'sluice', 'start'], { cwd: folder, path, env });
  if (code !== 1 || !output.includes('npm install pg')) throw new Error(`without pg, start says:\n${output}`);
}

/** An older Node gets one sentence. */
export function tryOlderNode(folder: string, { path }: OtherNode): void {
  const args = ['node_modules/sluice/bin/sluice.js', 'start'];
  const { code, output } = tryCommand('node', args, { cwd: folder, path });
  if (code !== 1 || !/^error {2}Sluice needs Node 24 or newer, [^\n]+\n$/.test(output)) {
    throw new Error(`an older Node says:\n${output}`);
  }
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => (await response.arrayBuffer(), response.ok),
    () => false,
  );

async function until(what: string, condition: () => Promise<boolean>, detail: () => string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute:\n${detail()}`);
    await pause(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
