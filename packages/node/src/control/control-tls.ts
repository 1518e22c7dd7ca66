import type { FilesWatch, Logger } from '@sluice/service';
// Not by the main door, which brings the parsers of configuration files.
import { messageOf } from '@sluice/service/caught-error';
import { isPem } from '@sluice/service/pem';
import { FileFault, readSmallFile } from '@sluice/service/small-file';
import { Turns } from '@sluice/service/turns';
import { watchFiles } from '@sluice/service/watch-files';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';

/** The PEM files of TLS to control. */
export interface TlsFiles {
  /** The authorities to trust instead of the usual ones. */
  readonly caFile?: string | undefined;
  /** The certificate that the node shows, with its chain. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A TLS file of the node cannot be used. */
export class ControlTlsError extends Error {
  override readonly name = 'ControlTlsError';
}

/** The content of the TLS files, kept up to date. */
export class ControlTls {
  readonly #files: TlsFiles;
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  readonly #watch: FilesWatch;
  #current: TlsMaterial;
  /** One after the other: what was read first is never used last. */
  readonly #turns = new Turns();

  private constructor(files: TlsFiles, material: TlsMaterial, log: Pick<Logger, 'info' | 'warn'>) {
    this.#files = files;
    this.#current = material;
    this.#log = log;
    const paths = [files.caFile, files.certFile, files.keyFile].filter((file) => file !== undefined);
    this.#watch = watchFiles(
      () => paths,
      () => void this.#turns.run(() => this.#readAnew()),
    );
  }

  /** Reads the files. Rejects with a ControlTlsError that names the one that cannot be used. */
  static async open(files: TlsFiles, log: Pick<Logger, 'info' | 'warn'>): Promise<ControlTls> {
    return new ControlTls(files, await readTlsFiles(files), log);
  }

  /** A new object whenever the files changed. */
  get current(): TlsMaterial {
    return this.#current;
  }

  /** May be called again. */
  close(): void {
    this.#watch.close();
  }

  async #readAnew(): Promise<void> {
    try {
      const next = await readTlsFiles(this.#files);
      if (isDeepStrictEqual(next, this.#current)) return;
      this.#current = next;
      this.#log.info('the TLS files for the control plane were reloaded');
    } catch (error) {
      const reason = error instanceof ControlTlsError ? error.message : String(error);
      this.#log.warn('the TLS files for the control plane are unusable; the last good ones stay in use', { reason });
    }
  }
}

/** Reads the files once. Rejects with a ControlTlsError. */
export async function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const material = {
    ...(caFile !== undefined && { ca: await read('caFile', caFile) }),
    ...(certFile !== undefined && { cert: await read('certFile', certFile) }),
    ...(keyFile !== undefined && { key: await read('keyFile', keyFile) }),
  };
  if (material.ca !== undefined && !isPem(material.ca)) {
    throw new ControlTlsError(`node.caFile: ${caFile} holds no PEM certificate, or one that cannot be read`);
  }
  try {
    createSecureContext(material);
  } catch (error) {
    throw new ControlTlsError(`node.certFile: ${certFile} and ${keyFile} do not match: ${messageOf(error)}`);
  }
  return material;
}

async function read(key: keyof TlsFiles, file: string): Promise<string> {
  try {
    return String(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new ControlTlsError(`node.${key}: ${file} ${error.message}`, { cause: error });
  }
}
