import type { GatewayConfig, Problem } from '@sluice/model';
import { FileFault, readSmallFile } from '@sluice/service';
import { X509Certificate } from 'node:crypto';

type Path = Problem['path'];

/** A file that a configuration names. */
interface NamedFile {
  readonly path: Path;
  readonly file: string;
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/**
 * What is wrong with the files that a configuration names: certificates, keys, authorities, secrets. `now` is in milliseconds
 * since 1970; a certificate that is not valid then is a problem. Never repeats what is in a file.
 */
export async function namedFileProblems(config: GatewayConfig, now: number): Promise<Problem[]> {
  // Loaded only now: the other commands need neither the engine nor the node, nor their start-up time.
  const [{ checkFiles }, { readTlsFiles }, { managementTls }] = await Promise.all([
    import('@sluice/gateway'),
    import('@sluice/node'),
    import('./management-tls.ts'),
  ]);
  const found = await Promise.all([
    checkFiles(config),
    refusalOf(() => managementTls(config)),
    refusalOf(() => readTlsFiles(config.node), ['node']),
    problemsOf(storeFiles(config), (file) => read(file)),
    problemsOf(certificateFiles(config), (file) => validity(file, now)),
  ]);
  return found.flat();
}

/** What a reader of TLS files refuses. Its error has problems, or a message that begins with the key. */
async function refusalOf(reader: () => Promise<unknown>, path: Path = []): Promise<readonly Problem[]> {
  try {
    await reader();
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('problems' in error) return error.problems as readonly Problem[];
    if (error.name !== 'ControlTlsError') throw error;
    const [key = '', message = error.message] = error.message.split(/: (.*)/s);
    return [{ path: [...path, ...key.split('.').slice(1)], message }];
  }
}

async function problemsOf(
  files: readonly NamedFile[],
  fault: (file: string) => Promise<string | undefined>,
): Promise<Problem[]> {
  const found = await Promise.all(files.map(async ({ path, file }) => ({ path, message: await fault(file) })));
  return found.flatMap(({ path, message }) => (message === undefined ? [] : [{ path, message }]));
}

async function read(file: string): Promise<string | undefined> {
  try {
    await readSmallFile(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return `${file} ${error.message}`;
  }
}

/** Whether a certificate is valid now. A file that cannot be read is reported by its reader. */
async function validity(file: string, now: number): Promise<string | undefined> {
  try {
    const [pem] = certificate.exec(String(await readSmallFile(file))) ?? [];
    if (pem === undefined) return undefined;
    const { validFromDate, validToDate } = new X509Certificate(pem);
    if (now > validToDate.getTime()) return `${file} expired on ${validToDate.toISOString()}`;
    return now < validFromDate.getTime() ? `${file} is not valid before ${validFromDate.toISOString()}` : undefined;
  } catch {
    return undefined;
  }
}

function certificateFiles({ proxy, management, node }: GatewayConfig): NamedFile[] {
  const named: [Path, string | undefined][] = [
    [['management', 'tls', 'certFile'], management.tls?.certFile],
    [['node', 'certFile'], node.certFile],
  ];
  proxy.tls?.certificates.forEach(({ certFile }, index) => {
    named.push([['proxy', 'tls', 'certificates', index, 'certFile'], certFile]);
  });
  return named.flatMap(([path, file]) => (file === undefined ? [] : [{ path, file }]));
}

/** The files in the address of a store: libpq's names, and those of MongoDB. The rest of the address is a secret. */
function storeFiles({ store: { url } }: GatewayConfig): NamedFile[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const names = ['sslrootcert', 'sslcert', 'sslkey', 'tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'];
  // "system" stands for the authorities of the machine.
  const files = names
    .map((name) => query.get(name))
    .filter((file) => file !== null && file !== '' && file !== 'system');
  return files.map((file) => ({ path: ['store', 'url'], file: file! }));
}
