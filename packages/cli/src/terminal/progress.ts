import type { Context } from '../command/command.ts';

/** A line that shows how far something is. */
export interface Progress {
  show(text: string): void;
  /** Removes the line. May be called again. */
  clear(): void;
}

/** Shows progress in one line of stderr, and only on a terminal. */
export function createProgress({ stderr, env }: Context): Progress {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return { show: () => {}, clear: () => {} };
  let shown = false;
  return {
    show(text) {
      stderr.write(`\r\u001B[2K${text}`);
      shown = true;
    },
    clear() {
      if (shown) stderr.write('\r\u001B[2K');
      shown = false;
    },
  };
}
