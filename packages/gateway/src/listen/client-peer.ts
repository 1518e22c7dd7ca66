import { requestIdPattern } from '@sluice/model/header-field';
import { isTrusted, plainAddress, readTold } from '../forward/forwarded-chain.ts';
import type { SeenClient, ToldClient } from '../forward/forwarded-chain.ts';
import { extendedForwardedFields, forwardedFields } from '../forward/forwarded-fields.ts';
import type { ClientOfRequest, PeerPort } from '../forward/client-port.ts';
import type { WorkerContext } from '../forward/worker-context.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { ClientCertificate } from '../policy/policy.ts';
import type { Wire } from '../wire/wire.ts';

/** The peer of a client connection, and what is believed of what it says. */
export class ClientPeer implements PeerPort {
  /** The peer itself. */
  readonly address: string;
  readonly #wire: Wire;
  readonly #secure: boolean;
  readonly #worker: WorkerContext;
  #host = '';
  #fields = '';
  #certificate: ClientCertificate | undefined;
  #hasLooked = false;

  constructor(wire: Wire, worker: WorkerContext) {
    this.address = plainAddress(wire.remoteAddress);
    this.#wire = wire;
    this.#secure = wire.secure;
    this.#worker = worker;
  }

  seenClient(head: Head): SeenClient | ToldClient {
    const peer = this.#asSeen(head);
    const trusted = this.#trustedProxies();
    return trusted === undefined ? peer : readTold(peer, head, trusted);
  }

  forwardedFields(request: ClientOfRequest): string {
    const { head } = request;
    // For other peers, `seenClient` need not be read.
    const client = this.#trustedProxies() !== undefined ? request.seenClient : undefined;
    if (client !== undefined && isTold(client)) return extendedForwardedFields(this.#asSeen(head), client, head);
    const host = head.valueOf(Field.host) ?? '';
    // perf: a client usually asks for the same host again, and then the fields are the same.
    if (host !== this.#host || this.#fields === '') {
      this.#host = host;
      this.#fields = forwardedFields(this.#asSeen(head));
    }
    return this.#fields;
  }

  get isTrustedProxy(): boolean {
    return this.#trustedProxies() !== undefined;
  }

  clientCertificate(): ClientCertificate | undefined {
    if (!this.#hasLooked) this.#certificate = this.#wire.clientCertificate?.();
    this.#hasLooked = true;
    return this.#certificate;
  }

  requestId(head: Head): string | undefined {
    if (!head.has(Field.xRequestId) || this.#trustedProxies() === undefined) return undefined;
    const id = head.valueOf(Field.xRequestId) as string;
    return requestIdPattern.test(id) ? id : undefined;
  }

  #asSeen(head: Head): SeenClient {
    return { address: this.address, secure: this.#secure, host: head.valueOf(Field.host) ?? '' };
  }

  /** The proxies that are trusted; undefined unless the peer is one of them. */
  #trustedProxies() {
    const { trustedProxies } = this.#worker.snapshot.settings;
    return trustedProxies !== undefined && isTrusted(this.address, trustedProxies) ? trustedProxies : undefined;
  }
}

function isTold(client: SeenClient | ToldClient): client is ToldClient {
  return 'hops' in client;
}
