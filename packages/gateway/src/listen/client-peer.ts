import type { BlockList } from 'node:net';
import { isTrusted, plainAddress, readTold } from '../forward/forwarded-chain.ts';
import type { SeenClient, ToldClient } from '../forward/forwarded-chain.ts';
import { extendedForwardedFields, forwardedFields } from '../forward/forwarded-fields.ts';
import type { ClientOfRequest } from '../forward/exchange.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { Wire } from '../wire/wire.ts';

/** Whom a client connection leads to, and what of the peer's own words is believed. */
export class ClientPeer {
  /** The peer itself. */
  readonly address: string;
  readonly #secure: boolean;
  #host = '';
  #fields = '';

  constructor(wire: Wire) {
    this.address = plainAddress(wire.remoteAddress);
    this.#secure = wire.secure;
  }

  /** Whom to count, limit and log, and how they came: the peer, or the client behind it when the peer is a trusted proxy. */
  seenClient(head: Head, trusted: BlockList | undefined): SeenClient | ToldClient {
    const peer = this.#asSeen(head);
    return this.#isTrusted(trusted) ? readTold(peer, head, trusted) : peer;
  }

  /** The fields that tell the backend where the request came from. */
  forwardedFields(request: ClientOfRequest, trusted: BlockList | undefined): string {
    const { head } = request;
    // Of any other peer it may be that nobody asks whom it is for.
    const client = this.#isTrusted(trusted) ? request.seenClient : undefined;
    if (client !== undefined && isTold(client)) return extendedForwardedFields(this.#asSeen(head), client, head);
    const host = head.valueOf(Field.host) ?? '';
    // perf: a client keeps asking for the same host, and then the fields are the same, too.
    if (host !== this.#host || this.#fields === '') {
      this.#host = host;
      this.#fields = forwardedFields(this.#asSeen(head));
    }
    return this.#fields;
  }

  /** The request id that a trusted proxy gave, if it looks like one; anything else could forge log lines. */
  requestId(head: Head, trusted: BlockList | undefined): string | undefined {
    if (!head.has(Field.xRequestId) || !this.#isTrusted(trusted)) return undefined;
    const id = head.valueOf(Field.xRequestId) as string;
    return /^[\w.:/+=@-]{1,128}$/.test(id) ? id : undefined;
  }

  #asSeen(head: Head): SeenClient {
    return { address: this.address, secure: this.#secure, host: head.valueOf(Field.host) ?? '' };
  }

  #isTrusted(trusted: BlockList | undefined): trusted is BlockList {
    return trusted !== undefined && isTrusted(this.address, trusted);
  }
}

function isTold(client: SeenClient | ToldClient): client is ToldClient {
  return 'hops' in client;
}
