import { codeOf, replacePrivateFile, Turns } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { readFile, stat } from 'node:fs/promises';
import { decodeQuotas, encodeQuotas } from '../state/index.ts';
import type { QuotaRecord } from '../state/index.ts';

/** How often what has changed is written. After a crash, requests of so many milliseconds are not counted. */
const intervalMs = 3000;

/** What keeping quotas needs. */
export interface QuotaFileOptions {
  readonly file: string;
  readonly log: Logger;
  /** What the quotas hold now. */
  readonly read: () => QuotaRecord;
}

/** Reads the quotas of a file. Undefined if there is none; a damaged one is told, and quotas begin anew. */
export async function readQuotaFile(file: string, log: Logger): Promise<QuotaRecord | undefined> {
  try {
    const record = decodeQuotas(await readFile(file));
    if (record === undefined) log.warn('the daily quotas on disk are damaged: quotas begin anew', { file });
    return record;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    log.warn('the daily quotas on disk cannot be read: quotas begin anew', { file, reason: String(error) });
    return undefined;
  }
}

/** Keeps what callers have used of their daily quotas on disk, so that it survives a restart. */
export class QuotaFile {
  readonly #options: QuotaFileOptions;
  readonly #timer: NodeJS.Timeout;
  #written: Buffer | undefined;
  readonly #turns = new Turns();
  /** Which file was written last. */
  #mine: string | undefined;
  /** Whether another process writes the file too, which is told once. */
  #isShared = false;
  /** Whether the last attempt failed, which is told once. */
  #isFailing = false;

  constructor(options: QuotaFileOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#write(), intervalMs).unref();
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  #write(): Promise<void> {
    return this.#turns.run(() => this.#writeChanges());
  }

  async #writeChanges(): Promise<void> {
    const { file, log, read } = this.#options;
    const record = read();
    // Nothing is written where no route has a quota.
    if (record.counts.length === 0 && this.#written === undefined) return;
    const bytes = encodeQuotas(record);
    if (this.#written?.equals(bytes) === true) return;
    try {
      await this.#lookForOthers();
      await replacePrivateFile(file, [bytes]);
      this.#mine = await identityOf(file);
      this.#written = bytes;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        const reason = String(error);
        log.error('daily quotas cannot be written and would not survive a restart', { file, reason });
      }
      this.#isFailing = true;
    }
  }

  /** Two nodes with one file replace what the other wrote: after a restart, both have the quotas of one of them. */
  async #lookForOthers(): Promise<void> {
    if (this.#mine === undefined || this.#isShared) return;
    const { file, log } = this.#options;
    const found = await identityOf(file);
    if (found === undefined || found === this.#mine) return;
    this.#isShared = true;
    log.error(
      'another process writes its daily quotas to the same file: give each node a folder of its own (node.snapshotFile)',
      { file },
    );
  }
}

/** Differs after each write, whoever writes; undefined without a file. */
async function identityOf(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found && `${found.ino} ${found.mtimeNs}`;
}
