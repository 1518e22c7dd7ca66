import { codeOf } from '@sluice/service/caught-error';
import { close, fstatSync, openSync, write } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const writeTo = promisify(write);
const closeFile = promisify(close);

/** Standard output; never opened or closed here. */
const stdout = 1;

/**
 * Bytes per write to a pipe or terminal: POSIX promises that writes of up to PIPE_BUF (4096 on Linux, 512 at least) are
 * not torn apart, so lines of several threads do not mix.
 */
const pipeBytes = 4096;

/** Bytes per write to a file, where appending is never torn apart. */
const fileBytes = 256 * 1024;

/** Milliseconds until a full pipe is tried again, and how often: nobody reads it any more after five seconds of that. */
const pipeRetry = 20;
const pipeTries = 250;

/** A file, or standard output, to which whole lines are appended from several threads. */
export interface LineFile {
  /** The longest line that is sure to stay in one piece, in bytes. */
  readonly longestLine: number;
  /** Appends lines. One call at a time. Rejects with what the system says; lines may then be lost. */
  append(lines: readonly string[]): Promise<void>;
  /** Opens the file anew by its name, after it was moved away; the next append closes the old one. Throws when it cannot. */
  reopen(): void;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Opens a file for appending (`-` = standard output). Throws when it cannot. */
export function openLineFile(path: string): LineFile {
  let file = path === '-' ? stdout : openSync(path, 'a', 0o640);
  const retired: number[] = [];
  const longestWrite = fstatSync(file).isFile() ? fileBytes : pipeBytes;
  return {
    longestLine: longestWrite,
    async append(lines) {
      for (const piece of piecesOf(lines, longestWrite)) await writeAll(file, piece);
      for (const old of retired.splice(0)) await closeFile(old);
    },
    reopen() {
      if (path === '-') return;
      const next = openSync(path, 'a', 0o640);
      retired.push(file);
      file = next;
    },
    async close() {
      const open = path === '-' ? [] : [file];
      for (const old of [...retired.splice(0), ...open]) await closeFile(old);
    },
  };
}

/** Joins lines to pieces of at most `longest` bytes. */
function* piecesOf(lines: readonly string[], longest: number): Generator<Buffer> {
  // perf: a character has at most three bytes, so a usual batch need not be measured (`access-log.bench.ts`).
  const whole = lines.join('');
  if (whole.length * 3 <= longest) {
    if (whole !== '') yield Buffer.from(whole);
    return;
  }
  let piece = '';
  let size = 0;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line);
    if (size > 0 && size + bytes > longest) {
      yield Buffer.from(piece);
      piece = '';
      size = 0;
    }
    piece += line;
    size += bytes;
  }
  if (size > 0) yield Buffer.from(piece);
}

async function writeAll(file: number, bytes: Buffer): Promise<void> {
  let written = 0;
  let tries = 0;
  while (written < bytes.length) {
    try {
      written += (await writeTo(file, bytes, written, bytes.length - written, null)).bytesWritten;
      tries = 0;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || ++tries > pipeTries) throw error;
      await setTimeout(pipeRetry);
    }
  }
}
