import type { TlsOptions } from '@sluice/service/tls-options';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, Server as TlsServer, TLSSocket } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { HandleTransport } from '../wire/handle-wire.ts';
import type { HandshakeOutcome } from '../state/index.ts';
import type { HandshakeChoice } from '../wire/tls-handles.ts';
import { SocketWire } from '../wire/socket-wire.ts';
import type { Wire } from '../wire/wire.ts';

/** Where and how a worker listens. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Several workers share the port (SO_REUSEPORT). */
  readonly shared: boolean;
  /** The fast transport. */
  readonly transport?: HandleTransport | undefined;
  /** With it, TLS is terminated here. */
  readonly tls?: TlsChoice | undefined;
  /** How long a handshake may take, in milliseconds. */
  readonly handshakeTimeout?: number;
  /** A handshake has ended. */
  readonly onHandshake?: ((outcome: HandshakeOutcome) => void) | undefined;
}

/** The certificates. They are looked up with each handshake, so that they can be replaced without a restart. */
export interface TlsChoice {
  /** What the port offers. */
  options(): TlsOptions & SecureContextOptions;
  /** Whether clients are asked for a certificate; those without one are not refused. */
  asksClients(): boolean;
  /** 48 secret bytes that all workers share, so that a session begun on one resumes on any. */
  readonly ticketKeys: Uint8Array;
  /** The certificate for clients that send no name. */
  readonly first: CertificatePair;
  contextFor(serverName: string): SecureContext;
  /** Whether the name decides which certificate is used. */
  hasSeveral(): boolean;
}

/** A certificate chain and its key, as PEM text. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** A listening socket. */
export interface Listener {
  readonly port: number;
  /** Exchanges the certificate for clients that send no name. */
  useFirst(pair: CertificatePair): void;
  /** Stops accepting. Connections stay. */
  close(): Promise<void>;
}

const handshakeMs = 10_000;
const listenBacklog = 4096;

/** Listens, and hands each new connection out as a wire. Rejects with the system's error, such as EADDRINUSE. */
export async function listen(options: ListenOptions, onWire: (wire: Wire) => void): Promise<Listener> {
  const { host, port, shared, transport, tls, onHandshake = () => {} } = options;
  const handshake = { timeoutMs: options.handshakeTimeout ?? handshakeMs, onEnd: onHandshake };
  const server =
    tls === undefined ? createServer({ allowHalfOpen: true, noDelay: true }) : tlsServer(tls, handshake.timeoutMs);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (socket instanceof TLSSocket) onHandshake(socket.isSessionReused() ? 'resumed' : 'full');
    onWire(new SocketWire(socket));
  });
  // It is not logged: it is the client's failure. When the time is over, the server leaves the socket open.
  server.on('tlsClientError', (_error: Error, socket: TLSSocket) => {
    onHandshake('failed');
    socket.destroy();
  });
  await opened(server, { host, port, reusePort: shared, backlog: listenBacklog });
  if (tls === undefined) transport?.adopt(server, onWire);
  let handshakes = tls === undefined ? undefined : handshakeChoice(tls, tls.first, handshake);
  if (handshakes !== undefined) transport?.adoptTls(server, () => handshakes!, onWire);
  return {
    port: (server.address() as AddressInfo).port,
    useFirst: (pair) => {
      if (tls === undefined) return;
      if (server instanceof TlsServer) useFor(server, tls, pair);
      handshakes = handshakeChoice(tls, pair, handshake);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** All options: Node replaces those that are missing by its defaults. */
function credentials({ options, ticketKeys }: TlsChoice, { cert, key }: CertificatePair): SecureContextOptions {
  return { ...options(), ticketKeys: Buffer.from(ticketKeys), cert, key };
}

/** Each handshake reads `requestCert` of the server anew. */
function useFor(server: TlsServer & { requestCert?: boolean }, tls: TlsChoice, pair: CertificatePair): void {
  server.setSecureContext(credentials(tls, pair));
  server.requestCert = tls.asksClients();
}

function handshakeChoice(
  tls: TlsChoice,
  pair: CertificatePair,
  handshake: Pick<HandshakeChoice, 'timeoutMs' | 'onEnd'>,
): HandshakeChoice {
  // perf: asking by name costs a turn through JavaScript for each handshake.
  const byName = tls.hasSeveral() ? tls.contextFor : undefined;
  return {
    first: createSecureContext(credentials(tls, pair)),
    byName,
    asksClients: tls.asksClients(),
    ...handshake,
  };
}

function tlsServer(tls: TlsChoice, handshakeTimeout: number): Server {
  return createTlsServer({
    // With the certificate for clients that send no name: they never reach the callback.
    ...credentials(tls, tls.first),
    requestCert: tls.asksClients(),
    rejectUnauthorized: false,
    allowHalfOpen: true,
    handshakeTimeout,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, tls.contextFor(name)),
  });
}

function opened(
  server: Server,
  options: { host: string; port: number; reusePort: boolean; backlog: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
