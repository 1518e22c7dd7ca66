import { usualVariables } from '@sluice/model';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { counted } from '../terminal/counted.ts';
import type { Check, Examination } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';

const { ok, warn, fail } = findingsOf('secrets');

/** Read and write rights of everybody. */
const everybody = 0o006;
/** Where containers find their secrets: only they can see it, and cannot change the rights. */
const mounted = /^\/(?:var\/)?run\/secrets\//;

/** Whether files with passwords, tokens and keys can be read by everybody on the machine. */
export const checkSecretFiles: Check = {
  name: 'secrets',
  async run(examination) {
    const findings: Finding[] = [];
    const named = filesOf(examination);
    for (const [file, key] of named) findings.push(...(await lookAt(file, key)));
    if (named.size > 0 && findings.length === 0)
      findings.push(ok(`${counted(named.size, 'file')}, none open to everybody`));
    return findings;
  },
};

/** The files that hold secrets, each with what names it. */
function filesOf({ config, env, cwd }: Examination): Map<string, string> {
  const usual = new Set(usualVariables.map(({ variable }) => `${variable}_FILE`));
  const named: [string, string | undefined][] = Object.entries(env)
    .filter(([name]) => usual.has(name) || /^SLUICE__\w*(?:PASSWORD|SECRET|TOKEN|URL)_FILE$/i.test(name))
    .map(([name, file]) => [name, file]);
  named.push(['management.tls.keyFile', config.management.tls?.keyFile], ['node.keyFile', config.node.keyFile]);
  config.proxy.tls?.certificates.forEach(({ keyFile }, index) => {
    named.push([`proxy.tls.certificates[${index}].keyFile`, keyFile]);
  });
  return new Map(
    named.flatMap(([key, file]) => (file === undefined || file === '' ? [] : [[resolve(cwd, file), key]])),
  );
}

async function lookAt(file: string, key: string): Promise<Finding[]> {
  if (mounted.test(file)) return [];
  try {
    const { mode } = await stat(file);
    if ((mode & everybody) === 0) return [];
    return [warn(`everybody on this machine may read ${file} (${key})`, `chmod 600 ${file}`)];
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return [fail(`${file} (${key}) cannot be read: ${code}`, `make it readable for Sluice, or change ${key}`)];
  }
}
