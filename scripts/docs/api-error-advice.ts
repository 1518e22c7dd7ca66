import type { ApiErrorName } from '../../packages/model/src/index.ts';
import type { ErrorAdvice } from './error-advice.ts';

/** Advice for every error of the management API. */
export const apiErrorAdvice: Readonly<Record<ApiErrorName, ErrorAdvice>> = {
  VALIDATION_ERROR: {
    cause: 'A field, a parameter or a header is missing, wrong or unknown; also JSON that cannot be read.',
    remedy: '`details` has a line for each problem, with the path of the field.',
  },
  UNAUTHORIZED: {
    cause: 'No token, one that has expired or was revoked, a key that is not known, or a wrong password.',
    remedy: 'Log in again, or renew the token.',
  },
  FORBIDDEN: {
    cause:
      'The role of the user, or the scopes of the API key, do not reach so far; or the author of a deployment approves it.',
    remedy: 'Ask an Admin, or use a key with that scope. Every denial is in the audit log.',
  },
  PASSWORD_CHANGE_REQUIRED: {
    cause:
      'The password of the user was set by somebody else, or made up at the first start. Until it is changed the session is good for that, `GET /authentication/me` and logging out.',
    remedy: '`sluice login` asks for a new one; over the API it is `PUT /authentication/password`.',
  },
  NOT_FOUND: {
    cause: 'No such address, or nothing with this id.',
    remedy: 'The list says which ids there are.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The address exists, but not with this method.',
    remedy: '`Allow` lists the methods.',
  },
  CONFLICT: {
    cause:
      'A name or id that is taken, a backend that routes still use, a route that is being deployed, a deployment that has ended, or something that the configuration file owns.',
    remedy: 'The message says what it is in conflict with.',
  },
  STALE: {
    cause: 'Somebody changed it after it was read: `If-Match` names an older revision.',
    remedy: 'Read it again, and decide whether the change still makes sense.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body is larger than the API takes.',
    remedy: 'Change fewer things at once; for a whole configuration use `sluice apply`.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'A body whose `Content-Type` is not `application/json`.',
    remedy: 'Send JSON and say so.',
  },
  RATE_LIMIT_EXCEEDED: {
    cause: 'More requests than a user may send in a minute, or too many failed logins.',
    remedy: 'Wait for `Retry-After`.',
  },
  INTERNAL_SERVER_ERROR: {
    cause: 'A bug. The log has the stack, under the same `traceId`.',
    remedy: 'Report it with the log lines.',
  },
  BAD_GATEWAY: {
    cause: 'The login provider cannot be reached, or its answer makes no sense.',
    remedy: 'Check `access.oidc.issuer`, and the log.',
  },
  SERVICE_UNAVAILABLE: {
    cause: 'The store cannot be reached. Proxying goes on with the configuration that runs.',
    remedy: 'Try again after `Retry-After`.',
  },
  GATEWAY_TIMEOUT: {
    cause: 'The login provider did not answer in time, or the request took longer than it may.',
    remedy: 'Look whether a change happened before trying again, or send an `Idempotency-Key`.',
  },
};
