import { codeOf } from '@sluice/service';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Dumped, Store } from '../store/store.ts';
import { BackupError, backupVersion, countInto } from './backup-format.ts';
import type { BackupFooter, BackupHeader, BackupSummary } from './backup-format.ts';

/** How a backup is restored. */
export interface RestoreOptions {
  readonly file: string;
  /** Changes a document on its way in. */
  readonly adapt?: (document: Dumped) => Dumped;
  readonly onProgress?: (documents: number) => void;
}

const progressEvery = 1000;

/** Reads a backup to its end and checks it. Rejects with a BackupError when it cannot be used. */
export async function checkBackup(file: string): Promise<BackupSummary> {
  const collections: Record<string, number> = {};
  const lines = readLines(file);
  const header = await readHeader(lines);
  for await (const { collection } of documentsIn(lines, header.line)) countInto(collections, collection);
  return { ...header.value, collections };
}

/**
 * Replaces everything a store keeps by what a backup holds: all of it, or nothing when the backup turns out to be damaged.
 * Rejects with a BackupError, or the store's errors.
 */
export async function restoreBackup(store: Store, options: RestoreOptions): Promise<BackupSummary> {
  const { file, adapt = (document) => document, onProgress } = options;
  // The whole backup is checked first: not every store can undo half a load.
  const summary = await checkBackup(file);
  const lines = readLines(file);
  const header = await readHeader(lines);
  const documents = async function* (): AsyncIterable<Dumped> {
    let count = 0;
    for await (const document of documentsIn(lines, header.line)) {
      yield adapt(document);
      if (++count % progressEvery === 0) onProgress?.(count);
    }
  };
  await store.load(documents());
  return summary;
}

type Lines = AsyncGenerator<string, void>;

async function* readLines(file: string): Lines {
  const source = createReadStream(file);
  const text = createGunzip().setEncoding('utf8');
  // An error of the file (ENOENT) must end the lines as one of the compression does.
  source.on('error', (error) => text.destroy(error));
  let rest = '';
  try {
    for await (const chunk of source.pipe(text) as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    throw unusable(error, file);
  } finally {
    source.destroy();
    text.destroy();
  }
}

function unusable(error: unknown, file: string): unknown {
  const code = codeOf(error) ?? '';
  return code.startsWith('Z_') ? new BackupError(`${file} is not a backup, or is damaged`, { cause: error }) : error;
}

async function readHeader(lines: Lines): Promise<{ readonly value: BackupHeader; readonly line: string }> {
  const first = await lines.next();
  const line = first.done === true ? '' : first.value;
  const value = parsed(line) as Partial<BackupHeader> | undefined;
  if (value?.format !== 'sluice-backup') throw new BackupError('this is not a backup of Sluice');
  if (typeof value.version !== 'number' || value.version > backupVersion) {
    throw new BackupError(`this backup is of format ${value.version}; this program reads up to ${backupVersion}`);
  }
  return { value: value as BackupHeader, line };
}

/** The documents between the header and the footer; throws at the end when they are not the ones that were written. */
async function* documentsIn(lines: Lines, headerLine: string): AsyncGenerator<Dumped> {
  const hash = createHash('sha256').update(`${headerLine}\n`);
  let documents = 0;
  let footer: BackupFooter | undefined;
  for await (const line of lines) {
    if (footer !== undefined) throw new BackupError('the backup continues after its end: it is damaged');
    const value = parsed(line);
    if (isFooter(value)) {
      footer = value;
      continue;
    }
    if (!isDocument(value)) throw new BackupError(`line ${documents + 2} of the backup is damaged`);
    hash.update(`${line}\n`);
    documents++;
    yield value;
  }
  if (footer === undefined) throw new BackupError('the backup is cut short: its end is missing');
  if (footer.documents !== documents || footer.sha256 !== hash.digest('hex')) {
    throw new BackupError('the backup is damaged: its checksum does not match');
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isFooter(value: unknown): value is BackupFooter {
  return typeof value === 'object' && value !== null && 'sha256' in value && !('collection' in value);
}

function isDocument(value: unknown): value is Dumped {
  if (typeof value !== 'object' || value === null) return false;
  const { collection, id, version, body } = value as Partial<Dumped>;
  return typeof collection === 'string' && typeof id === 'string' && typeof version === 'number' && body !== undefined;
}
