import { parseConfig } from '@sluice/model';
import { createLogger, createManagementServer } from '@sluice/service';
import { builtProgram } from '@sluice/service/testing';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openControlPlane } from '../process/control-plane.ts';

/** An administrator of its own: the examples of the document log in as `admin`, with a wrong password. */
const tester = { username: 'property-tester', password: 'the one who tests by the document' };
const adminPassword = 'no example has this password';
const folder = fileURLToPath(new URL('../../../../scripts/schemathesis', import.meta.url));

// scripts/schemathesis/schemathesis.toml says what is off, and why.
test('schemathesis finds nothing that the OpenAPI document does not say, in all of its phases', async () => {
  const logged: string[] = [];
  const log = createLogger({ output: { write: (line) => logged.push(line) }, level: 'error' });
  const parsed = parseConfig({
    store: { url: 'memory:' },
    access: { adminPassword, limitFactor: 0, tokenLifetime: '1h' },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const control = await openControlPlane({ config: parsed.config, log, version: '1.2.3' });
  const { status, handler } = control;
  const server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler });
  const url = `http://127.0.0.1:${await server.listen()}`;
  try {
    const { token } = await post(`${url}/api/v1/authentication/login`, { username: 'admin', password: adminPassword });
    await post(`${url}/api/v1/gateway/users`, { ...tester, role: 'Admin' }, token);
    const { code, output } = await runSchemathesis(url);
    expect(code, output).toBe(0);
    for (const phase of ['Examples', 'Coverage', 'Fuzzing', 'Stateful']) expect(output).toContain(`✅ ${phase}`);
    expect(logged).toEqual([]);
  } finally {
    await server.close();
    await control.close();
  }
}, 600_000);

async function post(url: string, body: unknown, token?: string): Promise<{ readonly token?: string }> {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return (await response.json()) as { readonly token?: string };
}

async function runSchemathesis(url: string): Promise<{ code: number; output: string }> {
  const seed = process.env['SLUICE_SCHEMATHESIS_SEED'] ?? '1';
  const args = ['--config-file', join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`, '--seed', seed];
  const env = {
    ...process.env,
    PYTHONPATH: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'hooks',
    SCHEMATHESIS_API: url,
    SCHEMATHESIS_USERNAME: tester.username,
    SCHEMATHESIS_PASSWORD: tester.password,
  };
  const cwd = await mkdtemp(join(tmpdir(), 'sluice-schemathesis-'));
  try {
    const program = builtProgram('schemathesis', 'schemathesis-4.32.5/bin/schemathesis');
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 26 });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout } = error as { readonly code: unknown; readonly stdout: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout };
  } finally {
    await rm(cwd, { recursive: true });
  }
}
