import type { BackendTlsConfig } from '@sluice/model';
import { lookup } from 'node:dns';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type ConnectionOptions } from 'node:tls';
import type { HandleTransport } from '../listen/handle-wire.ts';
import { SocketWire } from '../listen/socket-wire.ts';
import type { Wire } from '../listen/wire.ts';
import { withoutFiles, type TrustOf } from './trust.ts';

/** Called once with the wire, or with the system's or TLS's error code. */
export type Connected = (wire: Wire | undefined, error: string | undefined) => void;

/** Opens connections to one address. */
export interface Connector {
  /** Starts to connect. `cancel` gives up silently. */
  connect(done: Connected): { cancel(): void };
}

/** How long the addresses of a name are used before they are looked up again. */
const LOOKUP_MS = 10_000;

/** A connector for `http://` or `https://` addresses; the fast transport is used for plain TCP when there is one. */
export function createConnector(
  url: URL,
  tls: BackendTlsConfig | undefined,
  fast: HandleTransport | undefined,
  trustOf: TrustOf = withoutFiles,
): Connector {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'https:';
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  if (secure) return tlsConnector(host, port, { tls, trustOf });
  return fast === undefined ? socketConnector(host, port) : handleConnector(host, port, fast);
}

function socketConnector(host: string, port: number): Connector {
  return { connect: (done) => settle(connectSocket({ host, port, allowHalfOpen: true }), 'connect', done) };
}

interface TlsSide {
  readonly tls: BackendTlsConfig | undefined;
  readonly trustOf: TrustOf;
}

function tlsConnector(host: string, port: number, { tls, trustOf }: TlsSide): Connector {
  const options: ConnectionOptions = {
    host,
    port,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls?.verify ?? true,
    ...((tls?.serverName !== undefined || isIP(host) === 0) && { servername: tls?.serverName ?? host }),
  };
  let trusted: string | undefined;
  return {
    connect(done) {
      const trust = trustOf(tls);
      if (!trust.ok) {
        const refusal = setImmediate(done, undefined, trust.reason);
        return { cancel: () => clearImmediate(refusal) };
      }
      // Authorities are read once, not with each connection.
      if (trust.ca !== trusted) options.secureContext = createSecureContext({ ca: trust.ca });
      trusted = trust.ca;
      return settle(connectTls(options), 'secureConnect', done);
    },
  };
}

/** Hands a socket out once it is connected, or says why it is not. */
function settle(socket: Socket, connected: 'connect' | 'secureConnect', done: Connected): { cancel(): void } {
  const failed = (error: NodeJS.ErrnoException): void => done(undefined, error.code ?? error.message);
  socket.once('error', failed);
  socket.once(connected, () => {
    socket.off('error', failed);
    done(new SocketWire(socket), undefined);
  });
  return {
    cancel() {
      socket.off('error', failed);
      // Destroying it may still fail, which is nobody's concern any more.
      socket.on('error', () => {});
      socket.destroy();
    },
  };
}

/** Over the fast transport: names are looked up here, and their addresses tried in turn, the last good one first. */
function handleConnector(host: string, port: number, fast: HandleTransport): Connector {
  if (isIP(host) !== 0) return { connect: (done) => fast.connect(host, port, done) };
  const addresses = new Addresses(host);
  return {
    connect(done) {
      let cancelled = false;
      let current: { readonly address: string; cancel(): void } | undefined;
      const tryNext = (list: readonly string[], index: number): void => {
        if (cancelled) return;
        const attempt = fast.connect(list[index], port, (wire, error) => {
          if (wire === undefined && index + 1 < list.length) return tryNext(list, index + 1);
          if (wire !== undefined) addresses.prefer(list[index]);
          done(wire, error);
        });
        current = { address: list[index], cancel: () => attempt.cancel() };
      };
      addresses.get((list, error) => {
        if (cancelled) return;
        if (list.length === 0) done(undefined, error);
        else tryNext(list, 0);
      });
      return {
        cancel() {
          cancelled = true;
          current?.cancel();
          // Waited for in vain, most likely: the next attempt begins with another, or it would never get past this one.
          if (current !== undefined) addresses.avoid(current.address);
        },
      };
    },
  };
}

/** The addresses of one name, kept for a few seconds. */
class Addresses {
  readonly #host: string;
  #known: readonly string[] = [];
  #freshUntil = 0;
  #waiting: ((list: readonly string[], error: string | undefined) => void)[] = [];

  constructor(host: string) {
    this.#host = host;
  }

  get(done: (list: readonly string[], error: string | undefined) => void): void {
    if (performance.now() < this.#freshUntil) return done(this.#known, undefined);
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    lookup(this.#host, { all: true }, (error, found) => {
      // A name server that is away does not take down what is already known.
      if (error === null) this.#known = this.#inKnownOrder(found.map(({ address }) => address));
      if (this.#known.length > 0) this.#freshUntil = performance.now() + LOOKUP_MS;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const answer of waiting) answer(this.#known, error?.code);
    });
  }

  /** This one answered: it is tried first. */
  prefer(address: string): void {
    if (this.#known[0] !== address) this.#known = [address, ...this.#known.filter((other) => other !== address)];
  }

  /** This one did not answer: it is tried last. */
  avoid(address: string): void {
    if (this.#known[0] === address) this.#known = [...this.#known.slice(1), address];
  }

  /** What was learned about addresses outlives a lookup. */
  #inKnownOrder(found: readonly string[]): readonly string[] {
    const kept = this.#known.filter((address) => found.includes(address));
    return [...kept, ...found.filter((address) => !kept.includes(address))];
  }
}
