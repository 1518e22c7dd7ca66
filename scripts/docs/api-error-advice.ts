import type { ApiErrorName } from '../../packages/model/src/index.ts';
import type { ErrorAdvice } from './error-advice.ts';

/** Advice for every error of the management API. */
export const apiErrorAdvice: Readonly<Record<ApiErrorName, ErrorAdvice>> = {
  VALIDATION_ERROR: {
    cause: 'A field, a parameter or a header is missing, wrong or unknown, or the JSON is invalid.',
    remedy: '`details` has an entry for each problem, with the path of the field.',
  },
  UNAUTHORIZED: {
    cause: 'The token is missing, expired or revoked, the API key is unknown, or the password is wrong.',
    remedy: 'Log in again, or refresh the token.',
  },
  FORBIDDEN: {
    cause:
      'The role of the user or the scopes of the API key do not allow it, or the author of a deployment tried to approve it.',
    remedy: 'Ask an Admin, or use a key with the scope. Every denial is in the audit log.',
  },
  PASSWORD_CHANGE_REQUIRED: {
    cause:
      'Somebody else set the password of this user, or the first start generated it. Until it is changed, the session only permits that, `GET /authentication/me` and logging out.',
    remedy: '`sluice login` asks for a new one; over the API, use `PUT /authentication/password`.',
  },
  NOT_FOUND: {
    cause: 'The path does not exist, or nothing has this id.',
    remedy: 'List the resources to see their ids.',
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path exists, but not with this method.',
    remedy: '`Allow` lists the methods.',
  },
  CONFLICT: {
    cause:
      'A name or id is taken, routes still use the backend, the route is being deployed, the deployment has ended, or the configuration file owns the resource.',
    remedy: 'The message names the conflict.',
  },
  STALE: {
    cause: 'Somebody changed the resource after it was read: `If-Match` names an older revision.',
    remedy: 'Read it again, and decide whether the change still makes sense.',
  },
  BODY_TOO_LARGE: {
    cause: 'The body is larger than the API accepts from this caller.',
    remedy: 'Change fewer things at once; for a whole configuration use `sluice apply`.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: 'The body has a `Content-Type` other than `application/json`.',
    remedy: 'Send JSON with that content type.',
  },
  RATE_LIMIT_EXCEEDED: {
    cause: 'The caller sent more requests than allowed in a minute, or failed to log in too often.',
    remedy: 'Wait as long as `Retry-After` says.',
  },
  INTERNAL_SERVER_ERROR: {
    cause: 'This is a bug. The log has the stack with the same `traceId`.',
    remedy: 'Report it with the log lines.',
  },
  BAD_GATEWAY: {
    cause: 'The login provider cannot be reached, or its answer is unusable.',
    remedy: 'Check `access.oidc.issuer` and the log.',
  },
  SERVICE_UNAVAILABLE: {
    cause: 'The store cannot be reached. Proxying continues with the running configuration.',
    remedy: 'Try again after `Retry-After`.',
  },
  GATEWAY_TIMEOUT: {
    cause: 'The login provider did not answer in time, or the request took too long.',
    remedy: 'Check whether the change happened before trying again, or send an `Idempotency-Key`.',
  },
};
