import type { z } from 'zod';
import type { Immutable } from '../documents/immutable.ts';
import type { ChangePreview } from './change-resource.ts';
import type { Operation } from './operation.ts';
import type { OperationId, Operations } from './operations.ts';

type Input<S> = S extends z.ZodType ? z.input<S> : never;
type Output<S> = S extends z.ZodType ? z.output<S> : never;
type BodyOf<O extends Operation> = O extends { readonly body: { readonly schema: infer S } } ? S : undefined;
type EdgeOf<O extends Operation> = O extends { readonly body: { readonly edge: infer E } } ? E : BodyOf<O>;

/** The parts of a path that an operation takes, by name. */
export type ParamsInput<I extends OperationId> = Operations[I] extends { readonly params: infer S } ? Input<S> : never;
/** The query that an operation takes. */
export type QueryInput<I extends OperationId> = Operations[I] extends { readonly query: infer S } ? Input<S> : never;
/** The body that an operation takes. */
export type BodyInput<I extends OperationId> = Immutable<Input<BodyOf<Operations[I]>>>;
/** What an operation answers. */
export type Answer<I extends OperationId> = Operations[I]['answer'] extends { readonly schema: infer S }
  ? Input<S>
  : void;
/** The operations that can be tried without changing anything. */
export type DryRunId = { [I in OperationId]: Operations[I] extends { readonly dryRun: true } ? I : never }[OperationId];
/** What a dry run answers. */
export type DryRunAnswer = ChangePreview;

/** What an operation works with once the request has been checked. */
export interface CheckedInput<I extends OperationId> {
  readonly params: Operations[I] extends { readonly params: infer S } ? Output<S> : Record<string, never>;
  readonly query: Operations[I] extends { readonly query: infer S } ? Output<S> : Record<string, never>;
  readonly body: Output<EdgeOf<Operations[I]>>;
}
