import type { TlsOptions } from '@sluice/service/tls-options';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { HandleTransport } from '../wire/handle-wire.ts';
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
  const { host, port, shared, transport, tls } = options;
  const server = tls === undefined ? createServer({ allowHalfOpen: true, noDelay: true }) : tlsServer(tls);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => onWire(new SocketWire(socket)));
  // The server destroys the socket of a failed handshake. That is not logged: it is the client's failure.
  server.on('tlsClientError', () => {});
  await opened(server, { host, port, reusePort: shared, backlog: listenBacklog });
  if (tls === undefined) transport?.adopt(server, onWire);
  let handshakes = tls === undefined ? undefined : handshakeChoice(tls, tls.first);
  if (handshakes !== undefined) transport?.adoptTls(server, () => handshakes!, onWire);
  return {
    port: (server.address() as AddressInfo).port,
    useFirst: (pair) => {
      if (tls === undefined) return;
      if (server instanceof TlsServer) useFor(server, tls, pair);
      handshakes = handshakeChoice(tls, pair);
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

function handshakeChoice(tls: TlsChoice, pair: CertificatePair): HandshakeChoice {
  // perf: asking by name costs a turn through JavaScript for each handshake.
  const byName = tls.hasSeveral() ? tls.contextFor : undefined;
  return {
    first: createSecureContext(credentials(tls, pair)),
    byName,
    asksClients: tls.asksClients(),
    timeoutMs: handshakeMs,
  };
}

function tlsServer(tls: TlsChoice): Server {
  return createTlsServer({
    // With the certificate for clients that send no name: they never reach the callback.
    ...credentials(tls, tls.first),
    requestCert: tls.asksClients(),
    rejectUnauthorized: false,
    allowHalfOpen: true,
    handshakeTimeout: handshakeMs,
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
