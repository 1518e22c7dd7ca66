import { apiErrorCodes } from '@sluice/model';

/** The base of every refusal, with the error code and HTTP status of the API. Messages never contain secrets. */
export class AccessError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(message: string, { code, status }: { readonly code: string; readonly status: number }) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The caller is not known, or no longer known. */
export class UnauthorizedError extends AccessError {
  override readonly name = 'UnauthorizedError';
  /** The `WWW-Authenticate` header of the answer (RFC 9110, section 11.6.1; RFC 6750, section 3). */
  readonly challenge: string;

  constructor(message: string, challenge = 'Bearer realm="sluice"') {
    super(message, { code: 'UNAUTHORIZED', status: 401 });
    this.challenge = challenge;
  }
}

/** The caller is known but may not do this. */
export class ForbiddenError extends AccessError {
  override readonly name: 'ForbiddenError' | 'PasswordChangeRequiredError' = 'ForbiddenError';

  constructor(message: string, code = 'FORBIDDEN') {
    super(message, { code, status: 403 });
  }
}

/** Somebody else set the caller's password, and the caller may do nothing but change it. */
export class PasswordChangeRequiredError extends ForbiddenError {
  override readonly name = 'PasswordChangeRequiredError';

  constructor() {
    super(apiErrorCodes.PASSWORD_CHANGE_REQUIRED.message, apiErrorCodes.PASSWORD_CHANGE_REQUIRED.code);
  }
}

/** Too many attempts. The next one makes sense after `retryAfterSeconds`: whole seconds, at least 1. */
export class ThrottledError extends AccessError {
  override readonly name = 'ThrottledError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message, { code: 'RATE_LIMIT_EXCEEDED', status: 429 });
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds));
  }
}

/** An input is not acceptable; `field` names it. */
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

/** The change conflicts with what is stored: a name is taken, or the last administrator would be gone. */
export class EntityConflictError extends AccessError {
  override readonly name = 'EntityConflictError';

  constructor(message: string) {
    super(message, { code: 'CONFLICT', status: 409 });
  }
}

/** The entity was changed since the caller read it. */
export class StaleEntityError extends AccessError {
  override readonly name = 'StaleEntityError';
  /** Its version now; undefined when it is not known. */
  readonly version: number | undefined;

  constructor(what: string, version: number | undefined) {
    super(`${what} was changed in the meantime: read it again`, { code: 'CONFLICT', status: 412 });
    this.version = version;
  }
}

/** The OpenID provider cannot be reached, or its answer is not valid. */
export class ProviderError extends AccessError {
  override readonly name = 'ProviderError';

  constructor(message: string) {
    super(message, { code: 'BAD_GATEWAY', status: 502 });
  }
}
