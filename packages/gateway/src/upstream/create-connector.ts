import type { BackendTlsConfig } from '@sluice/model';
import { connect as connectSocket, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { HandleTransport } from '../wire/handle-wire.ts';
import { SocketWire } from '../wire/socket-wire.ts';
import type { Wire } from '../wire/wire.ts';
import { Addresses } from './addresses.ts';
import { connectInTurn } from './connect-in-turn.ts';
import type { Open } from './connect-in-turn.ts';
import type { Connected, Connector } from './connector.ts';
import { withoutFiles } from './trust.ts';
import type { TrustOf } from './trust.ts';

/** How to connect to a backend. */
export interface ConnectorOptions {
  readonly tls?: BackendTlsConfig | undefined;
  /** The authorities that are trusted over TLS. */
  readonly trustOf?: TrustOf;
  /** The fast transport, if there is one. */
  readonly fast?: HandleTransport | undefined;
  /** How long the addresses of a name are used before they are looked up again. */
  readonly lookupMs: number;
}

/** A connector for `http://` or `https://` addresses; the fast transport is used for plain TCP when there is one. */
export function createConnector(
  url: URL,
  { tls, fast, lookupMs, trustOf = withoutFiles }: ConnectorOptions,
): Connector {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'https:';
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const open = secure ? openTls(host, port, { tls, trustOf, fast }) : openPlain(port, fast);
  if (isIP(host) !== 0) return { connect: (done) => open(host, done) };
  return connectInTurn(new Addresses(host, lookupMs), open);
}

function openPlain(port: number, fast: HandleTransport | undefined): Open {
  if (fast !== undefined) return (address, done) => fast.connect(address, port, done);
  return (host, done) => settle(connectSocket({ host, port, allowHalfOpen: true }), 'connect', done);
}

interface TlsSide {
  readonly tls: BackendTlsConfig | undefined;
  readonly trustOf: TrustOf;
  readonly fast: HandleTransport | undefined;
}

/** Node does the handshake and verifies. The fast transport then takes the handle out of the socket. */
function openTls(host: string, port: number, { tls, trustOf, fast }: TlsSide): Open {
  const options: ConnectionOptions = {
    port,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls?.verify ?? true,
    ...((tls?.serverName !== undefined || isIP(host) === 0) && { servername: tls?.serverName ?? host }),
  };
  let trusted: string | undefined;
  return (address, done) => {
    const trust = trustOf(tls);
    if (!trust.ok) {
      const refusal = setImmediate(done, undefined, trust.reason);
      return { cancel: () => clearImmediate(refusal) };
    }
    // Authorities are read once, not with each connection.
    if (trust.ca !== trusted) options.secureContext = createSecureContext({ ca: trust.ca });
    trusted = trust.ca;
    const socket = connectTls({ ...options, host: address });
    return settle(socket, 'secureConnect', done, () => fast?.takeTls(socket));
  };
}

/** Hands a socket out once it is connected, or says why it is not. */
function settle(
  socket: Socket,
  connected: 'connect' | 'secureConnect',
  done: Connected,
  take: () => Wire | undefined = () => undefined,
): { cancel(): void } {
  const failed = (error: NodeJS.ErrnoException): void => done(undefined, error.code ?? error.message);
  socket.once('error', failed);
  socket.once(connected, () => {
    socket.off('error', failed);
    done(take() ?? new SocketWire(socket), undefined);
  });
  return {
    cancel() {
      socket.off('error', failed);
      // Destroying the socket may still fail. Nobody has to know.
      socket.on('error', () => {});
      socket.destroy();
    },
  };
}
