import type { BackendConfig, GatewayConfig, Problem, ProxyConfig, RouteConfig } from '@sluice/model';
import { formatPath } from '@sluice/model';
import { cipherProblems } from '@sluice/service';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { namesOf } from './certificates.ts';
import type { Certificate } from './messages.ts';

/** A configuration that is valid in itself cannot be used here: a file is missing, a certificate does not fit. */
export class RefusedError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; '));
    this.name = 'RefusedError';
    this.problems = problems;
  }
}

/** Which files of a configuration are looked at. */
export interface FileChoice {
  /** The certificates of the proxy. */
  readonly proxy: boolean;
  /** The routes, by their index, with the files that their backends name. */
  readonly indexes: Iterable<number>;
}

/**
 * Reads the certificates of a configuration, and checks the files of its backends; all of them unless there is a choice.
 * Throws a RefusedError with all problems.
 */
export function readCertificates(
  { proxy, routes }: GatewayConfig,
  choice: FileChoice = { proxy: true, indexes: routes.keys() },
): Certificate[] {
  const problems: Problem[] = [];
  const certificates = choice.proxy ? certificatesOf(proxy, problems) : [];
  checkAuthorities(routes, choice.indexes, problems);
  if (problems.length > 0) throw new RefusedError(problems);
  return certificates;
}

function certificatesOf(proxy: ProxyConfig, problems: Problem[]): Certificate[] {
  const certificates: Certificate[] = [];
  for (const { path, message } of cipherProblems(proxy.tls ?? {}))
    problems.push({ path: ['proxy', 'tls', ...path], message });
  proxy.tls?.certificates.forEach(({ certFile, keyFile, hosts }, index) => {
    const path = ['proxy', 'tls', 'certificates', index];
    const cert = read(certFile, [...path, 'certFile'], problems);
    const key = read(keyFile, [...path, 'keyFile'], problems);
    if (cert === undefined || key === undefined) return;
    const problem = pairProblem(cert, key);
    if (problem === undefined) certificates.push({ cert, key, hosts: hosts ?? namesOf(cert) });
    else problems.push({ path, message: problem });
  });
  return certificates;
}

function checkAuthorities(routes: readonly RouteConfig[], indexes: Iterable<number>, problems: Problem[]): void {
  const checked = new Set<string>();
  const check = (backends: readonly BackendConfig[], above: readonly (string | number)[]): void =>
    backends.forEach(({ tls }, backend) => {
      const file = tls?.caFile;
      if (file === undefined || checked.has(file)) return;
      checked.add(file);
      const path = [...above, 'backends', backend, 'tls', 'caFile'];
      const ca = read(file, path, problems);
      if (ca !== undefined && !isCertificate(ca)) problems.push({ path, message: `${file} holds no PEM certificate` });
    });
  for (const index of indexes) {
    const { backends, split } = routes[index];
    check(backends, ['routes', index]);
    if (split !== undefined) check(split.candidate.backends, ['routes', index, 'split', 'candidate']);
  }
}

/** What is wrong with the files that a configuration names; empty if nothing is. */
export function checkFiles(config: GatewayConfig): readonly Problem[] {
  try {
    readCertificates(config);
    return [];
  } catch (error) {
    if (error instanceof RefusedError) return error.problems;
    throw error;
  }
}

/** The files whose change means new certificates. */
export function filesOf({ proxy }: GatewayConfig): string[] {
  return proxy.tls?.certificates.flatMap(({ certFile, keyFile }) => [certFile, keyFile]) ?? [];
}

function read(file: string, path: (string | number)[], problems: Problem[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.push({ path, message: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}` });
    return undefined;
  }
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

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}
