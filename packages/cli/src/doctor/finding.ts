/** How bad it is: `fail` means that it will not run, or not safely. */
export type Status = 'ok' | 'warn' | 'fail';

/** What a check found. */
export interface Finding {
  /** The check, in a word. */
  readonly check: string;
  readonly status: Status;
  /** What was found; never holds a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Makes the findings of one check. */
export interface Findings {
  ok(message: string): Finding;
  warn(message: string, advice: string): Finding;
  fail(message: string, advice: string): Finding;
}

/** Findings of a check of this name. */
export function findingsOf(check: string): Findings {
  return {
    ok: (message) => ({ check, status: 'ok', message }),
    warn: (message, advice) => ({ check, status: 'warn', message, advice }),
    fail: (message, advice) => ({ check, status: 'fail', message, advice }),
  };
}
