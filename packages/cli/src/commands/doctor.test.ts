import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noArguments } from '../command/command.ts';
import type { NamedFinding as Finding } from '../doctor/finding.ts';
import { doctor } from './doctor.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function examined(
  yaml: string | undefined,
  { json = false, env = {} } = {},
): Promise<{ code: number; text: string }> {
  if (yaml !== undefined) await writeFile(join(cwd, 'sluice.yaml'), yaml);
  let text = '';
  const stdout = { write: (part: string) => (text += part) };
  const switches = new Set(json ? ['json'] : []);
  const code = await doctor.run({ ...noArguments, switches }, { stdout, stderr: { write: () => true }, env, cwd });
  return { code, text };
}

const anyPorts = 'proxy: { port: 0, maxConnections: 100 }\nmanagement: { port: 0 }\n';

test('tells the state of each part in aligned lines, and changes nothing', async () => {
  const { code, text } = await examined(`${anyPorts}store: { url: "sqlite:${cwd}/data/sluice.db" }\n`);
  expect(text).toMatch(/^ok {4}configuration {2}sluice\.yaml: role all, routes are left to the API$/m);
  expect(text).toMatch(/^ok {4}ports {10}any free port on 127\.0\.0\.1 \(management\.port\)$/m);
  expect(text).toMatch(/^ok {4}store {10}sqlite:\S+\/data\/sluice\.db can be reached; it is empty/m);
  expect(text).toMatch(/^ok {4}management {5}127\.0\.0\.1 can be reached from this machine alone$/m);
  expect(text).not.toMatch(/^fail/m);
  expect(code).toBe(0);
  expect(await readdir(cwd)).toEqual(['sluice.yaml']);
});

test('warnings do not fail, and say below what to do', async () => {
  const { code, text } = await examined(`${anyPorts}store: { url: "memory:" }\n`);
  expect(text).toMatch(/^warn {2}store {10}memory: keeps nothing.*\n {21}set store\.url/m);
  expect(text).toMatch(/\n0 failures, \d+ warnings?\n$/);
  expect(code).toBe(0);
});

test('a port that is taken fails, and names who has it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, text } = await examined(
    `proxy: { port: 0 }\nmanagement: { port: ${port} }\nstore: { url: "memory:" }\n`,
  );
  server.close();
  expect(text).toMatch(
    new RegExp(`^fail {2}ports {10}127\\.0\\.0\\.1:${port} \\(management\\.port\\) is taken by `, 'm'),
  );
  expect(code).toBe(1);
});

test('a configuration that is not valid fails with its problems and lines', async () => {
  const { code, text } = await examined('proxy: { prot: 1 }\nstore: { url: "mysql://me:hunter2@db" }\n');
  expect(code).toBe(1);
  expect(text).toMatch(/^fail {2}configuration {2}proxy\.prot: unknown field.*\n {21}correct it: sluice\.yaml:1:10$/m);
  expect(text).toMatch(/^fail {2}configuration {2}store\.url: mysql is not supported/m);
  expect(text).toMatch(/^ok {4}node /m);
  expect(text).not.toContain('hunter2');
});

test('without a file it says so and goes by the environment', async () => {
  const env = { SLUICE__PROXY__PORT: '0', SLUICE__MANAGEMENT__PORT: '0', SLUICE__STORE__URL: 'memory:' };
  const { code, text } = await examined(undefined, { env });
  expect(text).toMatch(/^warn {2}configuration {2}there is no sluice\.yaml.*\n.*sluice init/m);
  expect(code).toBe(0);
});

test('prints JSON', async () => {
  const { code, text } = await examined(`${anyPorts}store: { url: "memory:" }\n`, { json: true });
  const report = JSON.parse(text) as { ok: boolean; file: string; findings: Finding[] };
  expect([code, report.ok, report.file]).toEqual([0, true, 'sluice.yaml']);
  expect(report.findings).toContainEqual(expect.objectContaining({ check: 'store', status: 'warn' }));
});
