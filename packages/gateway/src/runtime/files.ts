import type { GatewayConfig, Problem, ProxyConfig, RouteConfig } from '@sluice/model';
import { formatPath, policyFiles } from '@sluice/model';
import { cipherProblems, FileFault, isPem, readSmallFile } from '@sluice/service';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { namesOf } from './certificates.ts';
import { checkPolicies } from './check-policies.ts';
import { keyFileProblems } from './key-files.ts';
import type { Certificate } from './messages.ts';
import { kindOf } from './named-by.ts';
import { textIn } from './file-contents.ts';
import { secretProblems } from './secret-problems.ts';

/** A configuration that is valid in itself cannot be used here: a file is missing, a certificate does not fit. */
export class RefusedError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; '));
    this.name = 'RefusedError';
    this.problems = problems;
  }
}

type ConfiguredCertificate = NonNullable<ProxyConfig['tls']>['certificates'][number];

/** Reads the certificates of a configuration. Rejects with a RefusedError that has all problems. */
export async function readCertificates({ proxy }: Pick<GatewayConfig, 'proxy'>): Promise<Certificate[]> {
  const problems: Problem[] = [];
  const certificates: Certificate[] = [];
  for (const { path, message } of cipherProblems(proxy.tls ?? {}))
    problems.push({ path: ['proxy', 'tls', ...path], message });
  for (const [index, files] of (proxy.tls?.certificates ?? []).entries()) {
    const path = ['proxy', 'tls', 'certificates', index];
    const certificate = await readCertificate(files, path, problems);
    if (certificate !== undefined) certificates.push(certificate);
  }
  if (problems.length > 0) throw new RefusedError(problems);
  return certificates;
}

/** What is wrong with the files that a configuration names, whatever names them; empty if nothing is. */
export async function checkFiles(config: GatewayConfig): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  try {
    await readCertificates(config);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    problems.push(...error.problems);
  }
  await checkAuthorities(config.routes, problems);
  await checkPolicyFiles(config.routes, problems);
  problems.push(...(await secretProblems(config)), ...(await checkPolicies(config.routes)));
  return problems;
}

async function readCertificate(
  { certFile, keyFile, hosts }: ConfiguredCertificate,
  path: (string | number)[],
  problems: Problem[],
): Promise<Certificate | undefined> {
  const cert = await read(certFile, [...path, 'certFile'], problems);
  const key = await read(keyFile, [...path, 'keyFile'], problems);
  if (cert === undefined || key === undefined) return undefined;
  const problem = pairProblem(cert, key);
  if (problem === undefined) return { cert, key, hosts: hosts ?? namesOf(cert) };
  problems.push({ path, message: problem });
  return undefined;
}

async function checkAuthorities(routes: readonly RouteConfig[], problems: Problem[]): Promise<void> {
  const checked = new Set<string>();
  for (const [index, { backends }] of routes.entries()) {
    for (const [at, { tls }] of backends.entries()) {
      const path = ['routes', index, 'backends', at, 'tls'];
      if (tls?.ca !== undefined && !isPem(tls.ca)) problems.push({ path: [...path, 'ca'], message: unreadable });
      const file = tls?.caFile;
      if (file === undefined || checked.has(file)) continue;
      checked.add(file);
      const ca = await read(file, [...path, 'caFile'], problems);
      if (ca !== undefined && !isPem(ca))
        problems.push({ path: [...path, 'caFile'], message: `${file} holds no PEM certificate` });
    }
  }
}

async function checkPolicyFiles(routes: readonly RouteConfig[], problems: Problem[]): Promise<void> {
  const texts = new Map<string, string | undefined>();
  for (const [index, route] of routes.entries()) {
    const place = (path: Problem['path']): Problem['path'] => ['routes', index, ...path];
    for (const { path, name, content } of policyFiles(route)) {
      if (texts.has(name)) continue;
      const kind = path.at(-1) === 'caFile' ? 'authorities' : kindOf[content];
      texts.set(name, await read(name, place(path), problems, textIn[kind]));
    }
    for (const { path, message, file } of keyFileProblems(route, (name) => texts.get(name)))
      problems.push({ path: place(path), message: `${file} ${message}` });
  }
}

const unreadable = 'a certificate in it cannot be read';

/** The files whose change means new certificates. */
export function filesOf({ proxy }: Pick<GatewayConfig, 'proxy'>): string[] {
  return proxy.tls?.certificates.flatMap(({ certFile, keyFile }) => [certFile, keyFile]) ?? [];
}

/** The text of a file; undefined, with a problem, if there is none that `textOf` takes. */
async function read(
  file: string,
  path: Problem['path'],
  problems: Problem[],
  textOf: (content: Buffer) => string = byteByByte,
): Promise<string | undefined> {
  try {
    return textOf(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    problems.push({ path, message: `${file} ${error.message}` });
    return undefined;
  }
}

function byteByByte(content: Buffer): string {
  return content.toString('latin1');
}

/** What is wrong with a certificate and its key. Never repeats what is in them. */
function pairProblem(cert: string, key: string): string | undefined {
  try {
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'the key does not belong to the certificate';
    createSecureContext({ cert, key });
    return undefined;
  } catch {
    return 'the certificate or the key is not valid PEM, or the key is encrypted';
  }
}
