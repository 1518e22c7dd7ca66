import { apiErrorCodes, firstProblems, formatPath } from '@sluice/model';
import type { ApiErrorName, Problem } from '@sluice/model';
import type { ProblemResource } from '@sluice/model/api';

/** What goes with a refusal. */
export interface RefusalOptions {
  /** What the client reads; the usual sentence of the error when left out. */
  readonly message?: string | undefined;
  readonly details?: readonly ProblemResource[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The request is answered with an error of the API. Messages never hold secrets or values. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly error: ApiErrorName;
  readonly details: readonly ProblemResource[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: ApiErrorName, { message, details = [], headers = {} }: RefusalOptions = {}) {
    super(message ?? apiErrorCodes[error].message);
    this.error = error;
    this.details = details;
    // RFC 9110, section 15.5.2: who is asked to authenticate is told how.
    this.headers = error === 'UNAUTHORIZED' ? { 'www-authenticate': 'Bearer realm="sluice"', ...headers } : headers;
  }
}

/** A refusal of what is wrong with a request. `place` says where the problems are, such as `query`. */
export function invalid(problems: readonly Problem[], place?: string): Refusal {
  return new Refusal('VALIDATION_ERROR', {
    details: firstProblems(problems).map((problem) => toDetail(problem, place)),
  });
}

/** A problem as it is answered. */
export function toDetail({ path, ...rest }: Problem, place?: string): ProblemResource {
  const full = place === undefined || rest.unlisted !== undefined ? path : [place, ...path];
  return { path: full.length === 0 ? '' : formatPath(full), ...rest };
}
