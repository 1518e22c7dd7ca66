import type { JsonValue } from '@sluice/model';
import type { Answer, ChangePreview, CheckedInput, Operation, OperationId } from '@sluice/model/api';
import type { AccessContext, Actor, Principal } from '../access/index.ts';
import type { Write } from '../store/index.ts';

/** Who is at the other end of the connection. */
export interface Peer {
  readonly address: string;
  /** A client certificate was shown that one of the configured authorities signed. */
  readonly isCertified: boolean;
  /** The names in that certificate. */
  readonly names?: readonly string[] | undefined;
  /** Breaks the connection; left out where there is none. */
  readonly disconnect?: () => void;
}

/** A request that was found right, and may be carried out. */
export interface Call {
  readonly operation: Operation & { readonly id: OperationId };
  /** Undefined for operations that are open or for nodes. */
  readonly principal: Principal | undefined;
  readonly actor: Actor;
  readonly address: string;
  readonly traceId: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly dryRun: boolean;
  readonly reason: string | undefined;
  /** Freezes, a stopped line and approvals do not hold it. */
  readonly emergency: boolean;
  /** From If-Match: the revision or version that the entity must be at. -1 when no entity can be. */
  readonly ifMatch: number | undefined;
  /** From Last-Event-ID: the number of the last event that arrived. */
  readonly lastEventId: number | undefined;
  /** Breaks the connection to who sent it. */
  readonly disconnect: () => void;
  /** The client went away, or the time is over. */
  readonly signal: AbortSignal;
  /** The writes that keep the answer for a second request with the same Idempotency-Key. None without one. */
  readonly remember: (reply: Reply) => readonly Write[];
}

/** A value that nobody changes. */
export type Immutable<T> = [JsonValue] extends [T]
  ? T
  : T extends (infer Item)[]
    ? readonly Immutable<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** What a call is answered with. */
export interface Reply<A = unknown> {
  /** Left out when the answer has no body. */
  readonly body?: A;
  /** What comes bit by bit instead of a body: server-sent events, or the text of a body that is long. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** That of the operation when left out. */
  readonly status?: number;
  /** The revision or version of what was answered. */
  readonly etag?: number | undefined;
  /** Where what was made can be read. */
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The changes in the body are those of this revision, and need not be kept once more. */
  readonly changesOf?: number;
  /** The body must not be kept in the clear: it shows a key, this once. */
  readonly isSecret?: true;
}

/** Carries out an operation. */
export type Handler<I extends OperationId> = (
  input: CheckedInput<I>,
  call: Call,
) => Promise<Reply<Immutable<Answer<I> | ChangePreview>>> | Reply<Immutable<Answer<I> | ChangePreview>>;

/** What carries out some of the operations. */
export type Handlers<I extends OperationId = OperationId> = { readonly [K in I]: Handler<K> };

/** What access wants to know of a change. */
export function accessContext(
  { actor, address, traceId, ifMatch, dryRun }: Call,
  alongside?: AccessContext['alongside'],
): AccessContext {
  return { actor, address, traceId, ifVersion: ifMatch, dryRun, alongside };
}
