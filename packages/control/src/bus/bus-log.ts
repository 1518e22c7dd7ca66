import type { Logger } from '@sluice/service';

export type BusLog = Pick<Logger, 'info' | 'warn'>;

/** The log of a bus that was given none: warnings of the process. */
export const processWarnings: BusLog = {
  info: () => undefined,
  warn: (message, { error, ...fields } = {}) => {
    const cause = error instanceof Error ? `: ${error.message}` : '';
    process.emitWarning(`${message}${cause} ${JSON.stringify(fields)}`);
  },
};
