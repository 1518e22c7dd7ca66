import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Logger } from '@sluice/service';
import { readTlsFiles, tlsFilesSignature } from './tls-files.ts';
import type { TlsFiles } from './tls-files.ts';

const settings = { keepAlive: true, keepAliveMsecs: 5_000, maxSockets: 8, maxFreeSockets: 2 };

/** The connections to control: kept open, and made anew with the new files when certificates are renewed. */
export class ControlConnections {
  readonly #plain = new HttpAgent(settings);
  readonly #files: TlsFiles;
  readonly #log: Logger;
  #secure: HttpsAgent | undefined;
  #signature = '';

  /** Throws the error of the system when a file cannot be read. */
  constructor(files: TlsFiles, log: Logger, isSecure: boolean) {
    this.#files = files;
    this.#log = log;
    if (isSecure) this.#renew(tlsFilesSignature(files));
  }

  agentFor({ protocol }: URL): HttpAgent {
    if (protocol !== 'https:' || this.#secure === undefined) return this.#plain;
    const signature = tlsFilesSignature(this.#files);
    if (signature !== this.#signature) this.#tryRenew(signature);
    return this.#secure;
  }

  /** May be called again. */
  close(): void {
    this.#plain.destroy();
    this.#secure?.destroy();
  }

  #tryRenew(signature: string): void {
    try {
      this.#renew(signature);
      this.#log.info('the TLS files for control were read anew');
    } catch (error) {
      // Half replaced, or gone for a moment: tried again when they change once more.
      this.#signature = signature;
      this.#log.warn('the TLS files for control cannot be read: going on with those from before', { error });
    }
  }

  #renew(signature: string): void {
    const before = this.#secure;
    this.#secure = new HttpsAgent({ ...settings, ...readTlsFiles(this.#files) });
    this.#signature = signature;
    before?.destroy();
  }
}
