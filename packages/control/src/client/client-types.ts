import type {
  Answer,
  BodyInput,
  ChangePreview,
  DryRunId,
  OperationId,
  Operations,
  ParamsInput,
  QueryInput,
} from '@sluice/model/api';

/** The operations that a client has a method for. The others are for browsers that log in, for nodes, or are streams. */
export type ClientOperationId = Exclude<
  OperationId,
  'oidcLogin' | 'oidcCallback' | 'nodeChanges' | 'nodeReport' | 'watchDeployment' | 'followRequests'
>;

type Flags = 'dryRun';
type Given<Key extends string, T, Optional extends boolean> = [T] extends [never]
  ? unknown
  : Optional extends true
    ? { readonly [K in Key]?: T }
    : { readonly [K in Key]: T };
type IsOptionalBody<I extends OperationId> = Operations[I] extends { readonly body: { readonly optional: true } }
  ? true
  : false;
type Conditions<I extends OperationId> = (Operations[I] extends { readonly ifMatch: true }
  ? {
      /** Fails unless this is still the revision (of routes and backends) or version (of the others). */
      readonly ifMatch?: number;
    }
  : unknown) &
  (Operations[I] extends { readonly idempotencyKey: true }
    ? {
        /** A second request with the same key gets the answer to the first. */
        readonly idempotencyKey?: string;
      }
    : unknown);

/** The request of an operation. */
export type ClientRequest<I extends OperationId> = Given<'params', ParamsInput<I>, false> &
  Given<'query', Omit<QueryInput<I>, Flags>, true> &
  Given<'body', BodyInput<I>, IsOptionalBody<I>> &
  Conditions<I> & {
    /** Aborts the call. */
    readonly signal?: AbortSignal;
  };

type Arguments<T> = [Partial<T>] extends [T] ? [request?: T] : [request: T];

/** Calls an operation. Rejects with an ApiError or an UnreachableError. */
export type ClientCall<I extends OperationId, A = Answer<I>> = (...request: Arguments<ClientRequest<I>>) => Promise<A>;

/** A method for each operation, by its id. */
export type ClientCalls = { readonly [I in ClientOperationId]: ClientCall<I> };

/** A method for each operation that writes, as a dry run: it shows the differences, and changes nothing. */
export type ClientDryRuns = { readonly [I in DryRunId]: ClientCall<I, ChangePreview> };
