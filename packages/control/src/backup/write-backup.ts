import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Store } from '../store/store.ts';
import { backupVersion, countInto, lineOf } from './backup-format.ts';
import type { BackupHeader, BackupSummary } from './backup-format.ts';

/** How a backup is written. */
export interface WriteBackupOptions {
  readonly file: string;
  /** Of the program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Called now and then with the number of documents written so far. */
  readonly onProgress?: (documents: number) => void;
}

const progressEvery = 1000;

/**
 * Writes everything a store keeps, as of one moment, into a file that only its owner can read. The file appears when it
 * is complete; one that was there is replaced only then. Rejects with the store's errors, or the system's.
 */
export async function writeBackup(store: Store, options: WriteBackupOptions): Promise<BackupSummary> {
  const { file, version, clock, onProgress } = options;
  const header: BackupHeader = {
    format: 'sluice-backup',
    version: backupVersion,
    createdAt: new Date(clock()).toISOString(),
    sluice: version,
    store: store.kind,
  };
  const collections: Record<string, number> = {};
  const lines = async function* (): AsyncIterable<string> {
    const hash = createHash('sha256');
    let documents = 0;
    const hashed = (line: string): string => {
      hash.update(line);
      return line;
    };
    yield hashed(lineOf(header));
    for await (const document of store.dump()) {
      countInto(collections, document.collection);
      yield hashed(lineOf(document));
      if (++documents % progressEvery === 0) onProgress?.(documents);
    }
    yield lineOf({ documents, sha256: hash.digest('hex') });
  };
  await writeWhole(file, lines());
  return { ...header, collections };
}

/** Writes to a temporary file beside it, and renames that once it is safe on disk. */
async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  try {
    const target = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(Readable.from(lines), createGzip(), target);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
