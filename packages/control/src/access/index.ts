export type { Access, AccessOptions } from './access.ts';
export { createAccess } from './access.ts';
export type { ApiKey, ApiKeyOwner, ApiKeyQuery, NewApiKey } from './api-key.ts';
export type { ApiKeys } from './api-keys.ts';
export type { Audit, AuditQuery, AuditRecord } from './audit.ts';
export { auditedActor } from './audit-entry.ts';
export type { AuditEntry } from './audit-entry.ts';
export type { Bootstrap } from './bootstrap.ts';
export type { PasswordChange } from './change-password.ts';
export type { AuditBody, ConsumerBody } from './collections.ts';
export type { Consumer, ConsumerKey, ConsumerPatch, ConsumerQuery, NewConsumer, NewConsumerKey } from './consumer.ts';
export type { Consumers } from './consumers.ts';
export {
  AccessError,
  EntityConflictError,
  ForbiddenError,
  InvalidInputError,
  PasswordChangeRequiredError,
  ThrottledError,
  UnauthorizedError,
  UnknownEntityError,
} from './errors.ts';
export type { LoginRequest } from './login.ts';
export type { OidcLogin, OidcStart } from './oidc.ts';
export { actorOf, identityOf, personBehind } from './person.ts';
export type {
  AccessContext,
  Actor,
  ApiKeyPrincipal,
  Credentials,
  Page,
  PageOf,
  Person,
  Principal,
  Requirement,
  UserPrincipal,
} from './principal.ts';
export type { RateLimits, RateLimitVerdict } from './rate-limits.ts';
export { seal, unseal } from './seal.ts';
export type { Login, Session } from './session.ts';
export type { Sessions } from './sessions.ts';
export type { NewUser, User, UserPatch, UserQuery } from './user.ts';
export type { Users } from './users.ts';
