/** One kind of error that the management API answers with: its code, its HTTP status, and the sentence a client reads. */
export interface ApiErrorKind {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/**
 * Every error of the management API. The codes are part of the API: adding is free, renaming is not. An entry has the
 * name of its code, except STALE, a CONFLICT that another status (412, RFC 9110 section 15.5.13) tells from the usual one.
 */
export const apiErrorCodes = {
  VALIDATION_ERROR: kind('VALIDATION_ERROR', 400, 'The request is not valid; details says what is wrong.'),
  UNAUTHORIZED: kind('UNAUTHORIZED', 401, 'A valid token or API key is required.'),
  FORBIDDEN: kind('FORBIDDEN', 403, 'The role or the scopes do not allow this.'),
  PASSWORD_CHANGE_REQUIRED: kind(
    'PASSWORD_CHANGE_REQUIRED',
    403,
    'Somebody else set this password: change it before anything else.',
  ),
  NOT_FOUND: kind('NOT_FOUND', 404, 'Nothing exists at this address.'),
  METHOD_NOT_ALLOWED: kind('METHOD_NOT_ALLOWED', 405, 'This address does not support this method.'),
  CONFLICT: kind('CONFLICT', 409, 'The request conflicts with the current state.'),
  STALE: kind('CONFLICT', 412, 'The resource has changed since it was read.'),
  BODY_TOO_LARGE: kind('BODY_TOO_LARGE', 413, 'The request body is larger than allowed.'),
  UNSUPPORTED_MEDIA_TYPE: kind('UNSUPPORTED_MEDIA_TYPE', 415, 'The request body is not JSON.'),
  RATE_LIMIT_EXCEEDED: kind('RATE_LIMIT_EXCEEDED', 429, 'Too many requests in a short time.'),
  INTERNAL_SERVER_ERROR: kind('INTERNAL_SERVER_ERROR', 500, 'The request could not be handled.'),
  BAD_GATEWAY: kind('BAD_GATEWAY', 502, 'A server that this needs gave no usable answer.'),
  SERVICE_UNAVAILABLE: kind('SERVICE_UNAVAILABLE', 503, 'The store cannot be reached at the moment.'),
  GATEWAY_TIMEOUT: kind('GATEWAY_TIMEOUT', 504, 'A server that this needs did not answer in time.'),
} as const satisfies Record<string, ApiErrorKind>;

/** The name of an entry of `apiErrorCodes`. */
export type ApiErrorName = keyof typeof apiErrorCodes;
/** The code of an error of the management API. */
export type ApiErrorCode = (typeof apiErrorCodes)[ApiErrorName]['code'];

function kind<const C extends string, const S extends number>(code: C, status: S, message: string) {
  return { code, status, message } as const;
}
