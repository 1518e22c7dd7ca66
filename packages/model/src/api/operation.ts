import type { z } from 'zod';
import type { ApiErrorName } from './api-errors.ts';
import type { Role } from '../config/roles.ts';
import type { OperationLimit } from './operation-limit.ts';

/** The body that an operation takes: JSON. */
export interface OperationBody {
  readonly schema: z.ZodType;
  /**
   * What is checked before the operation runs, when the rest is checked as part of it: routes and backends are, in the
   * light of all others. The whole of `schema` when left out.
   */
  readonly edge?: z.ZodObject;
  /** The body may be left out; it is `{}` then. */
  readonly optional?: true;
}

/** What an operation answers with when it has done what it was asked. */
export interface OperationAnswer {
  readonly status: 200 | 201 | 202 | 204 | 302;
  readonly description: string;
  /** Of the JSON body; left out when there is none. */
  readonly schema?: z.ZodType;
  /** Server-sent events that come as they happen, instead of a JSON body. */
  readonly isEventStream?: true;
}

/** One operation of the management API. Server, client, OpenAPI document and tests are made from these. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, with parameters as `{name}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `open`: nobody has to be known. `user`: a user or API key. `node`: a gateway node. */
  readonly auth: 'open' | 'user' | 'node';
  /** Who may; empty for operations that are not for users. */
  readonly roles: readonly Role[];
  /** What an API key needs, such as `routes:read`; without it any key will do. */
  readonly scope?: string;
  /** For people alone, with a session: API keys may not, whatever their scopes. */
  readonly usersOnly?: true;
  /** Also for users whose password was set by somebody else. */
  readonly beforePasswordChange?: true;
  readonly limit?: OperationLimit;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: OperationBody;
  /**
   * Takes or answers with a whole configuration, or much of it: done one at a time in each process, with few waiting. What
   * it takes is bounded by the role of the caller (`inputLimitOf`).
   */
  readonly isLarge?: true;
  readonly answer: OperationAnswer;
  /** May send the browser elsewhere instead (302). */
  readonly redirects?: true;
  /** Takes `?dryRun=true`, and then answers 200 with a ChangePreview. */
  readonly dryRun?: true;
  /** Takes an `Idempotency-Key`. */
  readonly idempotencyKey?: true;
  /** Answers carry an `ETag`. */
  readonly etag?: true;
  /** Takes `Last-Event-ID`. */
  readonly lastEventId?: true;
  /** Takes `If-Match`. */
  readonly ifMatch?: true;
  /** Errors that do not follow from the rest. */
  readonly errors?: readonly ApiErrorName[];
}

/** Makes a group of operations, by their ids, with the types of their schemas. */
export function defineOperations<const O extends Readonly<Record<string, Operation>>>(operations: O): O {
  return operations;
}
