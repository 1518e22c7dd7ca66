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

/** The operations that a client offers as calls: the others are for browsers on their way to a login, for nodes, or go on for long. */
export type ClientOperationId = Exclude<
  OperationId,
  'oidcLogin' | 'oidcCallback' | 'nodeChanges' | 'nodeReport' | 'watchDeployment'
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
      /** Only if it is still at this revision (routes, backends) or version (the others). */
      readonly ifMatch?: number;
    }
  : unknown) &
  (Operations[I] extends { readonly idempotencyKey: true }
    ? {
        /** A second request with the same key is answered like the first. */
        readonly idempotencyKey?: string;
      }
    : unknown);

/** What a call takes. */
export type ClientRequest<I extends OperationId> = Given<'params', ParamsInput<I>, false> &
  Given<'query', Omit<QueryInput<I>, Flags>, true> &
  Given<'body', BodyInput<I>, IsOptionalBody<I>> &
  Conditions<I> & {
    /** Gives the call up. */
    readonly signal?: AbortSignal;
  };

type Arguments<T> = [Partial<T>] extends [T] ? [request?: T] : [request: T];

/** Calls an operation. Rejects with an ApiError or an UnreachableError. */
export type ClientCall<I extends OperationId, A = Answer<I>> = (...request: Arguments<ClientRequest<I>>) => Promise<A>;

/** A call for each operation, by its id. */
export type ClientCalls = { readonly [I in ClientOperationId]: ClientCall<I> };

/** The same for every write, as a dry run: tells what it would come to, and changes nothing. */
export type ClientDryRuns = { readonly [I in DryRunId]: ClientCall<I, ChangePreview> };
