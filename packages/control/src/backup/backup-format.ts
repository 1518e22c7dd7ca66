import type { Dumped } from '../store/store.ts';

/**
 * A backup is text, compressed by gzip: one JSON value a line. First a header, then a document a line, at last a footer
 * with their number and the SHA-256 of all lines before it.
 */
export interface BackupHeader {
  readonly format: 'sluice-backup';
  /** Of this format; a reader refuses what is newer. */
  readonly version: 1;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of the program that wrote it. */
  readonly sluice: string;
  /** The kind of store it was taken from. */
  readonly store: string;
}

/** The last line. */
export interface BackupFooter {
  readonly documents: number;
  /** SHA-256, in hex, of every line before this one, line ends included. */
  readonly sha256: string;
}

/** The summary of a backup that was written or read. */
export interface BackupSummary extends BackupHeader {
  /** How many documents of each collection it holds. */
  readonly collections: Readonly<Record<string, number>>;
}

/** The version that this program writes, and the newest it reads. */
export const backupVersion = 1;

/** A backup that cannot be used: not one, damaged, or of a newer program. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** One line of a backup. */
export function lineOf(value: BackupHeader | BackupFooter | Dumped): string {
  return `${JSON.stringify(value)}\n`;
}

/** Counts documents by collection. */
export function countInto(counts: Record<string, number>, collection: string): void {
  counts[collection] = (counts[collection] ?? 0) + 1;
}
