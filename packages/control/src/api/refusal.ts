import { apiErrorCodes, firstProblems, formatPath } from '@sluice/model';
import type { ApiErrorName, Problem } from '@sluice/model';
import type { ProblemResource } from '@sluice/model/api';

export interface RefusalOptions {
  /** What the client reads. The usual sentence of the error when left out. */
  readonly message?: string | undefined;
  readonly details?: readonly ProblemResource[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An error that the API answers with. Messages never contain secrets or values. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly error: ApiErrorName;
  readonly details: readonly ProblemResource[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: ApiErrorName, { message, details = [], headers = {} }: RefusalOptions = {}) {
    super(message ?? apiErrorCodes[error].message);
    this.error = error;
    this.details = details;
    // RFC 9110, section 15.5.2: a 401 says how to authenticate.
    this.headers = error === 'UNAUTHORIZED' ? { 'www-authenticate': 'Bearer realm="sluice"', ...headers } : headers;
  }
}

/** The refusal of a request with problems. `place` says where they are, such as `header`. */
export function invalid(problems: readonly Problem[], place?: string): Refusal {
  return new Refusal('VALIDATION_ERROR', {
    details: firstProblems(problems).map((problem) => toDetail(problem, place)),
  });
}

/** The refusal of one request too many, for which all parts of the answer say how long to wait. */
export function tooMany(what: string, seconds: number, headers: Readonly<Record<string, string>> = {}): Refusal {
  const wait = `wait ${seconds} s`;
  return new Refusal('RATE_LIMIT_EXCEEDED', {
    message: `${what}: ${wait}.`,
    details: [{ path: '', message: wait, retryAfterSeconds: seconds }],
    headers: { ...headers, 'retry-after': String(seconds) },
  });
}

/** A problem as the API shows it. */
export function toDetail({ path, ...rest }: Problem, place?: string): ProblemResource {
  const full = place === undefined || rest.unlisted !== undefined ? path : [place, ...path];
  return { path: full.length === 0 ? '' : formatPath(full), ...rest };
}
