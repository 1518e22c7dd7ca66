import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnSluice } from '../kit/index.ts';
import type { SluiceProcess } from '../kit/index.ts';

// As in a hardened container, nothing can be written anywhere: every mount is read-only, for this process alone. Needs root.
const readOnlyNode = `#!/bin/bash
exec unshare --mount bash -c '
mount --make-rprivate /
awk "{ print \\$5 }" /proc/self/mountinfo | while read -r place; do mount -o remount,bind,ro "$place" 2>/dev/null; done
cd "$PWD"
if touch written 2>/dev/null; then echo "this folder can be written to"; exit 9; fi
exec "$@"' -- '${process.execPath}' "$@"
`;

let folder: string;
let running: SluiceProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-only-'));
  await writeFile(join(folder, 'node.sh'), readOnlyNode);
  await chmod(join(folder, 'node.sh'), 0o755);
});
afterEach(async () => {
  await running?.kill();
  await rm(folder, { recursive: true });
});

async function start(config: string, args: readonly string[] = []): Promise<SluiceProcess> {
  await writeFile(join(folder, 'sluice.yaml'), `proxy: { port: 0, workers: 1 }\nmanagement: { port: 0 }\n${config}`);
  running = spawnSluice(['start', ...args], { cwd: folder, node: join(folder, 'node.sh'), env: { HOME: folder } });
  return running;
}

test('with its routes in a file it serves, and says what is kept in memory and how to keep it', async () => {
  const sluice = await start('routes: [{ name: a, backends: [{ name: b, url: "http://127.0.0.1:1" }] }]\n');
  const log = await sluice.written('"message":"running"');
  expect(log.split('users, API keys, deployments and the history are kept in memory')).toHaveLength(2);
  expect(log).toContain('are lost when this process ends');
  expect(log).toContain('SLUICE__STORE__URL=');
  expect(log).toContain('EROFS');
  const [, proxy] = /"proxy":"([^"]+)"/.exec(log) ?? [];
  expect((await fetch(`${proxy}/`)).status).toBe(502);
  expect(await sluice.stop()).toBe(0);
});

test('routes of the API would be lost, so it does not start', async () => {
  const sluice = await start('');
  expect(await sluice.exit()).toBe(1);
  expect(sluice.stderr).toMatch(
    /^not started {2}the store cannot be written \(EROFS: .*set store\.url to another place/m,
  );
});

test('the demo runs, and a gateway without control plane only warns of its snapshot and key', async () => {
  const sluice = await start('', ['--demo', '--port', '0', '--management-port', '0']);
  await sluice.written('Ctrl-C');
  expect(await sluice.stop()).toBe(0);
  const control = 'role: gateway\nnode: { controlUrls: ["http://127.0.0.1:1"], joinToken: 0123456789abcdef }\n';
  const node = await start(control);
  const log = await node.written('asking the control plane for the configuration');
  expect(log).toContain('could not be saved beside node.snapshotFile');
  expect(await node.stop()).toBe(0);
});
