import { LogLevels } from './log-levels.ts';
import { createLogger } from './logger.ts';
import type { Logger, LoggerOptions } from './logger.ts';
import { createRedaction } from './redaction/index.ts';
import type { Redaction } from './redaction/index.ts';

/** The log of a process: it begins before there is a configuration, and follows the one that comes. */
export interface ProcessLog extends Logger {
  readonly levels: LogLevels;
  readonly redaction: Redaction;
  /** From now on, each line of JSON names the revision that this returns, unless it names one itself. */
  showRevision(revision: () => number | undefined): void;
}

/** Makes the log of a process. */
export function createProcessLog(options: Pick<LoggerOptions, 'output' | 'json' | 'color'>): ProcessLog {
  const levels = new LogLevels();
  const redaction = createRedaction();
  let revisionOf = (): number | undefined => undefined;
  const logger = createLogger({
    ...options,
    level: () => levels.level,
    redaction,
    always: () => ({ revision: revisionOf() }),
  });
  return {
    ...logger,
    levels,
    redaction,
    showRevision(revision) {
      revisionOf = revision;
    },
  };
}
