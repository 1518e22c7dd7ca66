import { renderEntry } from './access-log-entry.ts';
import type { AccessLogEntry } from './access-log-entry.ts';
import { openLineFile } from './line-file.ts';

/** The access log of one worker: JSON lines, written off the hot path. */
export interface AccessLog {
  /** Whether to log an exchange: a failed one if failures are logged, any other one by the sample. */
  wants(failed: boolean): boolean;
  /** Queues an entry that {@link wants} asked for. If the queue is full, the entry is dropped and counted. */
  log(entry: AccessLogEntry): void;
  /** Entries lost so far, because the queue was full or the file could not be written. */
  readonly dropped: number;
  /** Writes what is queued now. Never rejects. */
  flush(): Promise<void>;
  /** Opens the file anew by its name, after it was moved away. Throws when it cannot; the old file then stays in use. */
  reopen(): void;
  /** Writes what is queued and closes the file; later entries are dropped. May be called again. */
  close(): Promise<void>;
}

/** Settings of the access log; the optional ones are for tests and trouble. */
export interface AccessLogOptions {
  /** A path, or `-` for standard output. */
  readonly file: string;
  /** Share of exchanges that is logged, 0..1. */
  readonly sample: number;
  /** Log every failed exchange. */
  readonly failures: boolean;
  /** Entries that may wait to be written. */
  readonly queueLimit?: number;
  /** Milliseconds between writes. */
  readonly flushInterval?: number;
  readonly random?: () => number;
  readonly now?: () => number;
  /** Called when the file cannot be written, and again only after it could. The default is a process warning. */
  readonly onError?: (error: Error) => void;
}

interface QueuedEntry {
  readonly at: number;
  readonly entry: AccessLogEntry;
}

/** Entries that are rendered at once. Requests wait meanwhile, for about half a millisecond. */
const sliceSize = 128;

/** Opens the access log. Throws when the file cannot be opened. */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { sample, failures, queueLimit = 10_000, flushInterval = 100 } = options;
  const { random = Math.random, now = Date.now, onError = (error) => process.emitWarning(error) } = options;
  const file = openLineFile(options.file);
  const queue: QueuedEntry[] = [];
  let dropped = 0;
  let droppedTold = 0;
  let failing = false;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const timer = setInterval(() => void (queue.length > 0 && flush()), flushInterval).unref();

  function flush(): Promise<void> {
    writing ??= writeQueue().finally(() => (writing = undefined));
    return writing;
  }

  async function writeQueue(): Promise<void> {
    do {
      const entries = queue.splice(0, sliceSize);
      const lost = dropped;
      const lines = entries.map(({ at, entry }) => renderEntry(entry, new Date(at), file.longestLine));
      if (lost > droppedTold) lines.push(renderDropped(now(), lost - droppedTold));
      try {
        await file.append(lines);
        failing = false;
        droppedTold = lost;
      } catch (error) {
        dropped += entries.length;
        if (!failing) onError(error as Error);
        failing = true;
        return;
      }
    } while (queue.length > 0 || dropped > droppedTold);
  }

  async function writeRestAndClose(): Promise<void> {
    clearInterval(timer);
    await flush();
    await flush();
    await file.close();
  }

  return {
    wants: (failed) => (failed && failures) || (sample > 0 && random() < sample),
    log(entry) {
      if (queue.length >= queueLimit || closing !== undefined) dropped++;
      else queue.push({ at: now(), entry });
    },
    get dropped() {
      return dropped;
    },
    flush,
    reopen() {
      file.reopen();
      void flush();
    },
    close: () => (closing ??= writeRestAndClose()),
  };
}

function renderDropped(at: number, entries: number): string {
  return `${JSON.stringify({ time: new Date(at).toISOString(), droppedEntries: entries })}\n`;
}
