import type { ApiErrorName } from '@sluice/model';
import {
  AccessError,
  InvalidInputError,
  PasswordChangeRequiredError,
  ThrottledError,
  UnauthorizedError,
} from '../access/index.ts';
import { ConfigurationConflictError, NotFoundError, StaleError, ValidationError } from '../configuration/index.ts';
import { ControlError } from '@sluice/model';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import { invalid, Refusal, tooMany } from './refusal.ts';

/** Seconds until the next attempt makes sense when the store does not answer. */
const retryAfter = '1';

/** The names of the API's errors by the status of an AccessError. */
const byStatus: Readonly<Record<number, ApiErrorName>> = {
  400: 'VALIDATION_ERROR',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  412: 'STALE',
  502: 'BAD_GATEWAY',
};

/** The refusal for an error; undefined for a bug. The one place where the errors of all parts become errors of the API. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof ThrottledError) return tooMany(error.message, error.retryAfterSeconds);
  if (error instanceof AccessError) return accessRefusal(error);
  if (error instanceof ValidationError) return invalid(error.problems);
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (error instanceof NotFoundError) return new Refusal('NOT_FOUND', { message });
  if (error instanceof ConfigurationConflictError) return new Refusal('CONFLICT', { message });
  if (error instanceof StaleError) return new Refusal('STALE', { message, headers: { etag: `"${error.revision}"` } });
  // The store's own message names documents, which mean nothing to a client.
  if (error instanceof ConflictError)
    return new Refusal('CONFLICT', { message: 'Somebody else changed it at the same time.' });
  if (error instanceof StoreUnavailableError)
    return new Refusal('SERVICE_UNAVAILABLE', { headers: { 'retry-after': retryAfter } });
  if (error instanceof ControlError) {
    return new Refusal('SERVICE_UNAVAILABLE', { message, headers: { 'retry-after': retryAfter } });
  }
  return undefined;
}

function accessRefusal(error: AccessError): Refusal | undefined {
  const name = error instanceof PasswordChangeRequiredError ? 'PASSWORD_CHANGE_REQUIRED' : byStatus[error.status];
  if (name === undefined) return undefined;
  return new Refusal(name, {
    message: error.message,
    ...(error instanceof InvalidInputError && { details: [{ path: error.field, message: error.message }] }),
    headers: {
      ...(error instanceof UnauthorizedError && { 'www-authenticate': error.challenge }),
    },
  });
}
