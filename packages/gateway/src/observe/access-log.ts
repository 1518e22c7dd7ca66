import type { AccessLogConfig } from '@sluice/model';
import type { AccessLogEntry } from './access-log-entry.ts';
import { createLineFormat, lineOf } from './create-line-format.ts';
import { openLineFile } from './line-file.ts';
import type { LineFormat } from './line-format.ts';
import { isLogged } from './log-rule.ts';
import type { LoggedExchange, LogRule } from './log-rule.ts';

/** The access log of one worker: lines that are written off the hot path. */
export interface AccessLog {
  /** What an entry needs to have for its format. */
  readonly shows: Pick<LineFormat, 'showsQuery' | 'headers'>;
  /** Whether to log an exchange that has ended, by the rule of its route. */
  wants(rule: LogRule, exchange: LoggedExchange): boolean;
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
export interface AccessLogOptions extends Pick<AccessLogConfig, 'file' | 'format' | 'template'> {
  readonly query?: boolean;
  /** Entries that may wait to be written. */
  readonly queueLimit?: number;
  /** Milliseconds between writes. */
  readonly flushInterval?: number;
  readonly random?: () => number;
  readonly now?: () => number;
  /** Called with the number of entries that were lost just now. */
  readonly onDropped?: (entries: number) => void;
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
  const { query = false, queueLimit = 10_000, flushInterval = 100 } = options;
  const { random = Math.random, now = Date.now, onError = (error) => process.emitWarning(error) } = options;
  const { onDropped = () => {} } = options;
  const format = createLineFormat({ ...options, query });
  const file = openLineFile(options.file);
  const queue: QueuedEntry[] = [];
  let dropped = 0;
  let droppedTold = 0;
  let failing = false;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const timer = setInterval(() => void (queue.length > 0 && flush()), flushInterval).unref();

  function drop(entries: number): void {
    dropped += entries;
    onDropped(entries);
  }

  function flush(): Promise<void> {
    writing ??= writeQueue().finally(() => (writing = undefined));
    return writing;
  }

  async function writeQueue(): Promise<void> {
    do {
      const entries = queue.splice(0, sliceSize);
      const lost = dropped;
      const lines = entries.map(({ at, entry }) => lineOf(format, entry, at, file.longestLine));
      if (lost > droppedTold) lines.push(format.dropped(now(), lost - droppedTold));
      try {
        await file.append(lines);
        failing = false;
        droppedTold = lost;
      } catch (error) {
        drop(entries.length);
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
    shows: format,
    wants: (rule, exchange) => isLogged(rule, exchange, random),
    log(entry) {
      if (queue.length >= queueLimit || closing !== undefined) drop(1);
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
