import { apiErrorCodes } from '@sluice/model';

/** What every refusal has in common: the code of the API's answers and its HTTP status. Messages never hold secrets. */
export class AccessError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(message: string, { code, status }: { readonly code: string; readonly status: number }) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The caller is not known, or not any more. */
export class UnauthorizedError extends AccessError {
  override readonly name = 'UnauthorizedError';
  /** The value of the `WWW-Authenticate` header that belongs to the answer (RFC 9110, section 11.6.1; RFC 6750, section 3). */
  readonly challenge: string;

  constructor(message: string, challenge = 'Bearer realm="sluice"') {
    super(message, { code: 'UNAUTHORIZED', status: 401 });
    this.challenge = challenge;
  }
}

/** The caller is known and may not do this. */
export class ForbiddenError extends AccessError {
  override readonly name: 'ForbiddenError' | 'PasswordChangeRequiredError' = 'ForbiddenError';

  constructor(message: string, code = 'FORBIDDEN') {
    super(message, { code, status: 403 });
  }
}

/** The caller has a password that somebody else set, and may do nothing but change it. */
export class PasswordChangeRequiredError extends ForbiddenError {
  override readonly name = 'PasswordChangeRequiredError';

  constructor() {
    super(apiErrorCodes.PASSWORD_CHANGE_REQUIRED.message, apiErrorCodes.PASSWORD_CHANGE_REQUIRED.code);
  }
}

/** Too many attempts; another one makes sense after `retryAfterSeconds` (whole seconds, at least 1). */
export class ThrottledError extends AccessError {
  override readonly name = 'ThrottledError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message, { code: 'RATE_LIMIT_EXCEEDED', status: 429 });
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds));
  }
}

/** What was given cannot be accepted; `field` names the offending one. */
export class InvalidInputError extends AccessError {
  override readonly name = 'InvalidInputError';
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`, { code: 'VALIDATION_ERROR', status: 400 });
    this.field = field;
  }
}

/** There is no such user, key, consumer or session. */
export class UnknownEntityError extends AccessError {
  override readonly name = 'UnknownEntityError';

  constructor(what: string) {
    super(`${what} does not exist`, { code: 'NOT_FOUND', status: 404 });
  }
}

/** The change does not go together with what is there: a name that is taken, the last administrator. */
export class EntityConflictError extends AccessError {
  override readonly name = 'EntityConflictError';

  constructor(message: string) {
    super(message, { code: 'CONFLICT', status: 409 });
  }
}

/** The entity was changed since the caller read it. */
export class StaleEntityError extends AccessError {
  override readonly name = 'StaleEntityError';
  /** The version it is at now; undefined when that is not known any more. */
  readonly version: number | undefined;

  constructor(what: string, version: number | undefined) {
    super(`${what} was changed meanwhile: read it again`, { code: 'CONFLICT', status: 412 });
    this.version = version;
  }
}

/** The OpenID provider cannot be reached or does not answer as it should. */
export class ProviderError extends AccessError {
  override readonly name = 'ProviderError';

  constructor(message: string) {
    super(message, { code: 'BAD_GATEWAY', status: 502 });
  }
}
