/** `fail` means that Sluice will not run, or not safely. */
export type Status = 'ok' | 'warn' | 'fail';

/** What a check found. */
export interface Finding {
  readonly status: Status;
  /** Never holds a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** A finding with the name of its check. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

export function ok(message: string): Finding {
  return { status: 'ok', message };
}

export function warn(message: string, advice: string): Finding {
  return { status: 'warn', message, advice };
}

export function fail(message: string, advice: string): Finding {
  return { status: 'fail', message, advice };
}
