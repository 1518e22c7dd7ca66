import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import type { JudgedRequest } from '../http1/request.ts';
import type { ClientCertificate } from '../policy/policy.ts';
import { addressBlock } from '../state/index.ts';
import type { ClientOfRequest, ClientPort } from './client-port.ts';
import type { SeenClient, ToldClient } from './forwarded-chain.ts';
import { HeaderEdits } from './header-edits.ts';

/** A request with its client, and what policies change in it on the way to the backend. */
export abstract class ClientRequest implements ClientOfRequest {
  readonly client: ClientPort;
  readonly head: Head;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  /** Why only a route with raw paths may take it. */
  readonly onlyRaw: string | undefined;
  #seenClient: SeenClient | ToldClient | undefined = undefined;
  #block: string | undefined = undefined;
  #edits: HeaderEdits | undefined = undefined;
  #rewrittenPath: string | undefined = undefined;
  #rewrittenQuery: string | undefined = undefined;

  constructor(client: ClientPort, { head, path, query, host, onlyRaw }: JudgedRequest) {
    this.client = client;
    this.head = head;
    this.method = head.method;
    this.path = path;
    this.query = query;
    this.host = host;
    this.onlyRaw = onlyRaw;
  }

  /** The client: the peer, or who is behind a trusted proxy. */
  get seenClient(): SeenClient | ToldClient {
    return (this.#seenClient ??= this.client.peer.seenClient(this.head));
  }

  get isFromTrustedProxy(): boolean {
    return this.client.peer.isTrustedProxy;
  }

  clientCertificate(): ClientCertificate | undefined {
    return this.client.peer.clientCertificate();
  }

  get scheme(): 'http' | 'https' {
    return this.seenClient.secure ? 'https' : 'http';
  }

  get authority(): string {
    return this.seenClient.host;
  }

  get clientAddress(): string {
    return this.seenClient.address;
  }

  /** What counts as one client: its address, or the network of it. */
  get clientBlock(): string {
    return (this.#block ??= addressBlock(this.clientAddress));
  }

  header(lowerCaseName: string): string | undefined {
    return this.head.get(lowerCaseName);
  }

  isRepeated(lowerCaseName: string): boolean {
    const first = this.head.indexOf(lowerCaseName, 0);
    return first !== -1 && this.head.indexOf(lowerCaseName, first + 1) !== -1;
  }

  /** Whether the client asks for a WebSocket (RFC 6455 §4.1); HTTP/1.0 has no upgrades (RFC 9110 §7.8). */
  get wantsWebSocket(): boolean {
    return (
      this.head.upgrade &&
      this.head.minorVersion === 1 &&
      (this.head.valueOf(Field.upgrade) ?? '').toLowerCase() === 'websocket'
    );
  }

  /** What policies change in its head; undefined if nothing. */
  get edits(): HeaderEdits | undefined {
    return this.#edits;
  }

  /** The path that the backend gets, when a policy rewrote it. */
  get rewrittenPath(): string | undefined {
    return this.#rewrittenPath;
  }

  /** The query that the backend gets, when a policy rewrote it. */
  get rewrittenQuery(): string | undefined {
    return this.#rewrittenQuery;
  }

  setHeader(name: string, value: string): void {
    (this.#edits ??= new HeaderEdits(true)).set(name, value);
  }

  removeHeader(name: string): void {
    (this.#edits ??= new HeaderEdits(true)).remove(name);
  }

  rewritePath(path: string): void {
    this.#rewrittenPath = path;
  }

  rewriteQuery(query: string): void {
    this.#rewrittenQuery = query;
  }
}
