import type { Logger } from '@sluice/service';

/** What a bus tells people. */
export type BusLog = Pick<Logger, 'info' | 'warn'>;

/** For a bus that was given no log: a warning of the process, so that nothing goes unheard. */
export const processWarnings: BusLog = {
  info: () => undefined,
  warn: (message, { error, ...fields } = {}) => {
    const cause = error instanceof Error ? `: ${error.message}` : '';
    process.emitWarning(`${message}${cause} ${JSON.stringify(fields)}`);
  },
};
