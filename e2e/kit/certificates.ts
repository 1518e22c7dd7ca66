import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files of a certificate in PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Certificate authorities made with openssl in a temporary folder. */
export interface CertificateMaker {
  /** A new authority called `name`. */
  authority(name: string): CertificateFiles;
  /** A certificate for `names` (DNS names or addresses) signed by `issuer`, written to files called `file`; overwrites. */
  issue(
    issuer: CertificateFiles,
    file: string,
    names: readonly string[],
    purpose?: 'serverAuth' | 'clientAuth',
  ): CertificateFiles;
  remove(): void;
}

/** Prepares a folder for certificates. */
export function createCertificateMaker(): CertificateMaker {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
  const filesOf = (name: string): CertificateFiles => ({
    certFile: join(folder, `${name}.crt`),
    keyFile: join(folder, `${name}.key`),
  });
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  return {
    authority: (name) => {
      const files = filesOf(name);
      openssl(
        'req',
        '-x509',
        ...newKey,
        '-days',
        '7',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        files.keyFile,
        '-out',
        files.certFile,
      );
      return files;
    },
    issue: (issuer, file, names, purpose = 'serverAuth') => {
      const [files, request, extensions] = [filesOf(file), join(folder, 'request.csr'), join(folder, 'extensions')];
      const alternatives = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`));
      writeFileSync(extensions, `subjectAltName=${alternatives.join(',')}\nextendedKeyUsage=${purpose}\n`);
      openssl('req', ...newKey, '-subj', `/CN=${names[0]}`, '-keyout', files.keyFile, '-out', request);
      const signer = ['-CA', issuer.certFile, '-CAkey', issuer.keyFile, '-CAcreateserial'];
      openssl('x509', '-req', '-in', request, ...signer, '-days', '7', '-extfile', extensions, '-out', files.certFile);
      return files;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
