import { firstProblems, formatPath } from '@sluice/model';
import type { Problem } from '@sluice/model';

/** A change would leave the configuration invalid; says what is wrong with it: the first problems, and how many more there are. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const first = firstProblems(problems);
    super(first.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; '));
    this.problems = first;
  }
}

/** Nothing has this name or number. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** The change contradicts the current configuration: a name is taken, a backend is in use, a file owns the routes. */
export class ConfigurationConflictError extends Error {
  override readonly name = 'ConfigurationConflictError';
}

/** The entity was changed since the caller read it. */
export class StaleError extends Error {
  override readonly name = 'StaleError';
  /** The revision that the entity is at now. */
  readonly revision: number;

  constructor(what: string, revision: number) {
    super(`${what} was changed by revision ${revision}: read it again`);
    this.revision = revision;
  }
}
