import { codeOf } from '@sluice/service';
import { formatPath, policyFiles, usualVariables } from '@sluice/model';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { counted } from '../terminal/counted.ts';
import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Read and write rights of everybody. */
const everybody = 0o006;
/** The secrets of a container: nobody else sees them, and their rights cannot be changed. */
const mounted = /^\/(?:var\/)?run\/secrets\//;

/** Whether files with passwords, tokens and keys can be read by everybody on the machine. */
export async function checkSecretFiles(input: CheckInput): Promise<Finding[]> {
  const files = Array.from(filesOf(input));
  const found = await Promise.all(files.map(([file, key]) => lookAt(file, key)));
  const findings = found.flat();
  if (files.length > 0 && findings.length === 0) {
    findings.push(ok(`${counted(files.length, 'file')}, none readable by everybody`));
  }
  return findings;
}

/** The files with secrets, and the key or variable that names each. */
function filesOf({ config, env, cwd }: CheckInput): Map<string, string> {
  const usual = new Set(usualVariables.map(({ variable }) => `${variable}_FILE`));
  const named: [string, string | undefined][] = Object.entries(env)
    .filter(([name]) => usual.has(name) || /^SLUICE__\w*(?:PASSWORD|SECRET|TOKEN|URL)_FILE$/i.test(name))
    .map(([name, file]) => [name, file]);
  named.push(['management.tls.keyFile', config.management.tls?.keyFile], ['node.keyFile', config.node.keyFile]);
  config.proxy.tls?.certificates.forEach(({ keyFile }, index) => {
    named.push([`proxy.tls.certificates[${index}].keyFile`, keyFile]);
  });
  for (const route of config.routes) {
    for (const { path, name } of policyFiles(route).filter(({ path: names }) => isSecret(names.at(-1))))
      named.push([formatPath(['routes', route.name, ...path]), name]);
  }
  return new Map(
    named.flatMap(([key, file]) => (file === undefined || file === '' ? [] : [[resolve(cwd, file), key]])),
  );
}

/** Of the files that policies name, those with certificates and public keys are no secrets. */
function isSecret(field: PropertyKey | undefined): boolean {
  return field !== 'caFile' && field !== 'publicKeyFile';
}

async function lookAt(file: string, key: string): Promise<Finding[]> {
  if (mounted.test(file)) return [];
  try {
    const { mode } = await stat(file);
    if ((mode & everybody) === 0) return [];
    return [warn(`everybody on this machine can read ${file} (${key})`, `chmod 600 ${file}`)];
  } catch (error) {
    return [fail(`${file} (${key}) cannot be read: ${codeOf(error)}`, `make it readable for Sluice, or change ${key}`)];
  }
}
