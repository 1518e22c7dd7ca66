import type { Immutable } from '@sluice/model';
import type { Answer, ChangePreview, CheckedInput, Operation, OperationId } from '@sluice/model/api';
import type { AccessContext, Actor, Principal } from '../access/index.ts';
import type { Write } from '../store/index.ts';

/** The other end of the connection. */
export interface Peer {
  readonly address: string;
  /** The client showed a certificate that one of the configured authorities signed. */
  readonly isCertified: boolean;
  /** The names in that certificate. */
  readonly names?: readonly string[] | undefined;
  /** Closes the connection; left out where there is none. */
  readonly disconnect?: () => void;
}

/** A valid request that may be carried out. */
export interface Call {
  readonly operation: Operation & { readonly id: OperationId };
  /** Undefined in operations that are open or for nodes. */
  readonly principal: Principal | undefined;
  readonly actor: Actor;
  readonly address: string;
  readonly traceId: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly dryRun: boolean;
  readonly reason: string | undefined;
  /** Freezes and approvals do not hold it. */
  readonly emergency: boolean;
  /** From If-Match: the revision or version that the entity must have. -1 when no entity can have it. */
  readonly ifMatch: number | undefined;
  /** From Last-Event-ID: the number of the last event that the client received. */
  readonly lastEventId: number | undefined;
  /** Closes the connection to the client. */
  readonly disconnect: () => void;
  /** Aborted when the client goes away or the time limit is reached. */
  readonly signal: AbortSignal;
  /** The writes that store the answer for a second request with the same Idempotency-Key. None without a key. */
  readonly remember: (reply: Reply) => readonly Write[];
}

/** The answer of a call. */
export interface Reply<A = unknown> {
  readonly body?: A;
  /** Replaces the body: server-sent events, or the text of a long body. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** The operation's usual status when left out. */
  readonly status?: number;
  /** The revision or version of the entity in the answer. */
  readonly etag?: number | undefined;
  /** The path of the new entity. */
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The changes in the body are those of this revision, and need not be stored a second time. */
  readonly changesOf?: number;
  /** The body shows a key, so it is encrypted when it is stored. */
  readonly isSecret?: true;
}

export type Handler<I extends OperationId> = (
  input: CheckedInput<I>,
  call: Call,
) => Promise<Reply<Immutable<Answer<I> | ChangePreview>>> | Reply<Immutable<Answer<I> | ChangePreview>>;

/** The handlers of some operations. */
export type Handlers<I extends OperationId = OperationId> = { readonly [K in I]: Handler<K> };

/** The context of a change of users, keys or consumers. */
export function accessContext(
  { actor, address, traceId, ifMatch, dryRun }: Call,
  alongside?: AccessContext['alongside'],
): AccessContext {
  return { actor, address, traceId, ifVersion: ifMatch, dryRun, alongside };
}
