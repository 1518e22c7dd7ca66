import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificateMaker, freePort, startSluice } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';

/** Protocols, suites, preferences, forward secrecy and the known weaknesses. Not what the certificate's issuer decides. */
const sections = ['-p', '-s', '-P', '-f', '-U'];
const folder = mkdtempSync(join(tmpdir(), 'sluice-scan-'));
const maker = createCertificateMaker();
const authority = maker.authority('ours');
const files = maker.issue(authority, 'server', ['localhost', '127.0.0.1']);
const ports = { proxy: 0, management: 0 };
let sluice: Sluice;

beforeAll(async () => {
  ports.proxy = await freePort();
  ports.management = await freePort();
  sluice = await startSluice(
    {
      proxy: { workers: 1, tls: { port: ports.proxy, certificates: [files] } },
      management: { port: ports.management, tls: files },
      routes: [],
    },
    { ready: false },
  );
  await sluice.running();
});
afterAll(async () => {
  await sluice.stop();
  maker.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Everything that testssl.sh finds fault with. */
async function scan(name: 'proxy' | 'management'): Promise<Finding[]> {
  const report = join(folder, `${name}.json`);
  const options = [...sections, '--quiet', '--color', '0', '--warnings', 'batch', '-n', 'none', '--ip', '127.0.0.1'];
  const args = [...options, '--add-ca', authority.certFile, '--jsonfile', report, `https://localhost:${ports[name]}`];
  // It answers with the number of its findings, whatever they weigh: the report is what counts.
  await new Promise((resolve) => execFile('testssl', args, { timeout: 110_000 }, resolve));
  const all = JSON.parse(readFileSync(report, 'utf8')) as Finding[];
  expect(all.length).toBeGreaterThan(40);
  // What Debian's openssl lacks for the scan itself is no finding.
  return all.filter(({ id, severity }) => !['OK', 'INFO'].includes(severity) && id !== 'engine_problem');
}

test.each(['proxy', 'management'] as const)('testssl.sh finds nothing on the %s port', async (name) => {
  expect(await scan(name)).toEqual([]);
});
