import { readFileSync, statSync } from 'node:fs';

/** PEM files for TLS to control. */
export interface TlsFiles {
  /** The authorities to trust instead of the usual ones. */
  readonly caFile?: string | undefined;
  /** The certificate that the node shows, with its chain. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What they hold. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Reads the files. Throws the error of the system for one that cannot be read. */
export function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): TlsMaterial {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
  };
}

/** Changes when a file is replaced: certificates are renewed while nodes run. */
export function tlsFilesSignature({ caFile, certFile, keyFile }: TlsFiles): string {
  return [caFile, certFile, keyFile].map((file) => (file === undefined ? '' : signature(file))).join(' ');
}

function signature(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.ino}:${found.size}:${found.mtimeNs}`;
}
