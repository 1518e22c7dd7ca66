import type { EventEmitter } from 'node:events';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Work that goes on until the system tells the process to end. */
export interface UntilSignal {
  /** Aborted by the signal. */
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came; 0 without one. */
  readonly exitCode: number;
  /** Lets signals end the process as usual again. */
  close(): void;
}

/** Takes the signals of the system from now on. */
export function untilSignal(signals: EventEmitter = process): UntilSignal {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const left = new AbortController();
  let exitCode = 0;
  const leave = (name: keyof typeof exitCodes): void => {
    exitCode = exitCodes[name];
    left.abort();
  };
  for (const name of names) signals.on(name, leave);
  return {
    signal: left.signal,
    get exitCode() {
      return exitCode;
    },
    close() {
      for (const name of names) signals.off(name, leave);
    },
  };
}
