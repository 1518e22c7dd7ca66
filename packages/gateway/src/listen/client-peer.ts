import type { BlockList } from 'node:net';
import {
  clientBehind,
  extendedForwardedFields,
  forwardedFields,
  isTrusted,
  plainAddress,
  type Peer,
} from '../forward/forwarded-fields.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { Wire } from './wire.ts';

/** Whom a client connection leads to, and what of the peer's own words is believed. */
export class ClientPeer {
  readonly #peer: Peer;
  #host = '';
  #fields = '';

  constructor(wire: Wire) {
    this.#peer = { address: plainAddress(wire.remoteAddress), secure: wire.secure };
  }

  /** The peer itself. */
  get address(): string {
    return this.#peer.address;
  }

  /** The address to count and log by: the peer, or the client behind it when the peer is a trusted proxy. */
  clientAddress(head: Head, trusted: BlockList | undefined): string {
    return this.#isTrusted(trusted) ? clientBehind(this.#peer.address, head, trusted) : this.#peer.address;
  }

  /** The fields that tell the backend where the request came from. */
  forwardedFields(head: Head, trusted: BlockList | undefined): string {
    const host = head.valueOf(Field.host) ?? '';
    if (this.#isTrusted(trusted)) return extendedForwardedFields(this.#peer, host, head);
    // perf: a client keeps asking for the same host, and then the fields are the same, too.
    if (host !== this.#host || this.#fields === '') {
      this.#host = host;
      this.#fields = forwardedFields(this.#peer, host);
    }
    return this.#fields;
  }

  /** The request id that a trusted proxy gave, if it looks like one; anything else could forge log lines. */
  requestId(head: Head, trusted: BlockList | undefined): string | undefined {
    if (!head.has(Field.xRequestId) || !this.#isTrusted(trusted)) return undefined;
    const id = head.valueOf(Field.xRequestId) as string;
    return /^[\w.:/+=@-]{1,128}$/.test(id) ? id : undefined;
  }

  #isTrusted(trusted: BlockList | undefined): trusted is BlockList {
    return trusted !== undefined && isTrusted(this.#peer.address, trusted);
  }
}
