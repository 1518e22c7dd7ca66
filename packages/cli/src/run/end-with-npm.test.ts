import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort, until } from '../../../../e2e/kit/index.ts';
import { endWithNpm } from './end-with-npm.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('a gateway that npm started does not outlive npm, even when SIGKILL ends that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'npm-'));
  const port = await freePort();
  const flags = ['--port', '0', '--management-port', String(port)];
  const env = {
    ...process.env,
    SLUICE__STORE__URL: 'memory:',
    SLUICE__NODE__SNAPSHOT_FILE: join(folder, 'snapshot'),
  };
  const npm = spawn('npm', ['exec', '--offline', '--', 'sluice', 'start', ...flags], {
    cwd: root,
    env,
    stdio: 'ignore',
  });
  const isUp = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    await until('the gateway to be ready', isUp);
    npm.kill('SIGKILL');
    await until('the gateway to end', async () => !(await isUp()));
    expect(npm.killed).toBe(true);
  } finally {
    npm.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});

test('a script that puts the gateway in the background lets it stay, and so does everything but npm', () => {
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  for (const env of [{ npm_lifecycle_script: 'sluice start &' }, {}]) endWithNpm(env, () => {});
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(timers);
});
