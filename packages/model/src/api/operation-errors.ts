import { apiErrorCodes } from './api-errors.ts';
import type { ApiErrorName } from './api-errors.ts';
import type { Operation } from './operation.ts';

/** The errors that an operation may answer with, by status: those it names, and those that follow from what it takes. */
export function errorsOf(operation: Operation): readonly ApiErrorName[] {
  const { auth, method, scope, usersOnly, beforePasswordChange, body, limit, ifMatch, idempotencyKey } = operation;
  // Unknown query parameters are refused everywhere.
  const names = new Set<ApiErrorName>(['VALIDATION_ERROR', ...(operation.errors ?? [])]);
  const add = (applies: boolean, ...more: ApiErrorName[]): void => {
    if (applies) for (const name of more) names.add(name);
  };
  add(auth !== 'open', 'UNAUTHORIZED');
  add(auth === 'user' && (scope !== undefined || usersOnly === true), 'FORBIDDEN');
  add(auth === 'user' && beforePasswordChange !== true, 'PASSWORD_CHANGE_REQUIRED');
  add(body !== undefined, 'BODY_TOO_LARGE');
  // A form, which any web page could send, is refused even where no body is wanted.
  add(method !== 'GET', 'UNSUPPORTED_MEDIA_TYPE');
  add(limit !== undefined, 'RATE_LIMIT_EXCEEDED');
  add(ifMatch === true, 'STALE');
  add(idempotencyKey === true, 'CONFLICT');
  add(true, 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'GATEWAY_TIMEOUT');
  return [...names].toSorted((a, b) => apiErrorCodes[a].status - apiErrorCodes[b].status);
}
