import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificateMaker, startSluice } from '../../../../e2e/kit/index.ts';
import type { Sluice } from '../../../../e2e/kit/index.ts';
import { runCommand } from '../testing/run-command.ts';
import { allCommandsBelow, wordsOf } from './testing/runbook-pages.ts';

describe('what to look at, of a running Sluice', () => {
  const password = 'a password for tests';
  const certificates = createCertificateMaker();
  let sluice: Sluice;

  beforeAll(async () => {
    const authority = certificates.authority('authority');
    const { certFile, keyFile } = certificates.issue(authority, 'orders', ['orders.example']);
    const orders = { name: 'orders', backends: [{ name: 'one', url: 'http://127.0.0.1:1' }] };
    sluice = await startSluice(
      {
        proxy: { workers: 1, tls: { port: 0, certificates: [{ certFile, keyFile }] } },
        routes: [orders],
        access: { limitFactor: 0 },
      },
      { env: { SLUICE_ADMIN_PASSWORD: password } },
    );
    await output('sluice login admin', { SLUICE_PASSWORD: password });
  });
  afterAll(async () => {
    await sluice.stop();
    certificates.remove();
  });

  /** What a command prints. Rejects when it fails. */
  async function output(text: string, env = {}): Promise<string> {
    if (text.startsWith('sluice ')) {
      const { code, stdout, stderr } = await runCommand(dirname(sluice.configFile), wordsOf(text).slice(1), env);
      if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
      return stdout + stderr;
    }
    const script = `set -o pipefail; ${text.replaceAll('127.0.0.1:5000', `127.0.0.1:${sluice.managementPort}`)}`;
    return (await promisify(execFile)('bash', ['-c', script])).stdout;
  }

  test.each(allCommandsBelow('What to look at'))('%s', async (text) => {
    expect(await output(text)).not.toBe('');
  });
});
