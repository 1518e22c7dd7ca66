import type { Head } from '../http1/head.ts';
import type { ClientCertificate } from '../policy/policy.ts';
import type { PinnedConnections } from '../upstream/pinned-connections.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import type { DrainWaiter, Wire } from '../wire/wire.ts';
import type { SeenClient, ToldClient } from './forwarded-chain.ts';
import type { RequestBody } from './request-body.ts';

/** The client's side of an exchange: a connection, or nobody in the case of a mirrored request. */
export interface ClientPort {
  readonly wire: Wire;
  /** The body of the request under way. */
  readonly body: RequestBody;
  readonly peer: PeerPort;
  /** The response could not be written at once: `source` waits until the client has taken it. */
  holdBack(source: DrainWaiter): void;
  /** Reads the request body (again) after `stopBody`. */
  wantBody(): void;
  /** Stops reading the body until `wantBody`. */
  stopBody(): void;
  /** Connections to backends on which this client has logged in; undefined if there are none. */
  readonly pinned: PinnedConnections | undefined;
  /** Pins a connection on which the client has logged in; false when it cannot. */
  pin(pool: unknown, connection: UpstreamConnection): boolean;
  /** The exchange is over; the connection goes on to its next request, or closes. */
  exchangeEnded(): void;
  /** From now on the bytes of both sides are passed on as they come, until nothing has come for `idleMs`. */
  becomeTunnel(idleMs: number): void;
  /** Bytes came through the tunnel. */
  tunnelUsed(): void;
}

/** A request and its client, which is determined once. */
export interface ClientOfRequest {
  readonly head: Head;
  readonly seenClient: SeenClient | ToldClient;
}

/** Whom a request is from, and what is believed of what the peer says. */
export interface PeerPort {
  /** Whom to count, limit and log: the peer, or the client as a trusted proxy tells it. */
  seenClient(head: Head): SeenClient | ToldClient;
  /** The fields that tell the backend where the request came from. */
  forwardedFields(request: ClientOfRequest): string;
  /** Whether the peer is a trusted proxy. */
  readonly isTrustedProxy: boolean;
  /** The certificate of the peer: always the same object. */
  clientCertificate(): ClientCertificate | undefined;
  /** The request id that a trusted proxy gave, or undefined. */
  requestId(head: Head): string | undefined;
}
