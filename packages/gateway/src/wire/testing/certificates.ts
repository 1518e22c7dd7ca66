import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A self-signed certificate, as files and as PEM text. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** A temporary folder in which openssl makes certificates. */
export interface CertificateFolder {
  readonly path: string;
  /** A certificate for these DNS names; the first is its common name. Files of the same name are overwritten. */
  make(file: string, names: readonly string[]): TestCertificate;
  /** A certificate of this subject with these extensions, by an authority, or by itself. */
  issue(file: string, subject: string, extensions: readonly string[], by?: TestCertificate): TestCertificate;
  remove(): void;
}

/** Prepares a folder for certificates. */
export function certificateFolder(): CertificateFolder {
  const path = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  return {
    path,
    make(file, names) {
      const [certFile, keyFile] = [join(path, `${file}.crt`), join(path, `${file}.key`)];
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
      const subject = [
        '-subj',
        `/CN=${names[0]}`,
        '-addext',
        `subjectAltName=${names.map((name) => `DNS:${name}`).join()}`,
      ];
      execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...subject, '-out', certFile], { stdio: 'pipe' });
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
    issue(file, subject, extensions, by) {
      const [certFile, keyFile, config] = [`${file}.crt`, `${file}.key`, 'issue.cnf'].map((name) => join(path, name));
      // The usual configuration would add extensions of its own.
      writeFileSync(config, '[req]\ndistinguished_name=dn\n[dn]\n');
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
      const issuer = by === undefined ? [] : ['-CA', by.certFile, '-CAkey', by.keyFile];
      const added = extensions.flatMap((extension) => ['-addext', extension]);
      const about = ['-config', config, '-days', '2', '-subj', subject, ...added, ...issuer];
      execFileSync('openssl', ['req', '-x509', ...key, ...about, '-out', certFile], { stdio: 'pipe' });
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
