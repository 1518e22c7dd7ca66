import type { Server } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { takeConnections } from './internals.ts';
import type { Handle, Internals, TlsHandle } from './internals.ts';
import { TlsHandleWire } from './tls-handle-wire.ts';
import { noReader } from './wire.ts';
import type { Wire } from './wire.ts';

/** Which certificate a handshake gets. */
export interface HandshakeChoice {
  /** For clients that send no name. */
  readonly first: SecureContext;
  /** For a name; undefined while the first serves them all. */
  readonly byName: ((serverName: string) => SecureContext) | undefined;
  /** Whether the client is asked for a certificate. It is not refused without. */
  readonly asksClients: boolean;
  readonly timeoutMs: number;
  /** Called once for each handshake. */
  readonly onEnd: (outcome: 'full' | 'resumed' | 'failed') => void;
}

/** TLS over bare handles. */
export interface TlsHandles {
  /** Makes a listening server hand out fast wires once their handshake is done. */
  adoptTls(server: Server, choice: () => HandshakeChoice, onWire: (wire: Wire) => void): boolean;
  /** Takes over a connected and verified socket that nobody reads yet; undefined when it has no such handle inside. */
  takeTls(socket: TLSSocket): Wire | undefined;
}

/** As in the extension: each protocol with its length before it. */
const http11Alpn = Buffer.from('\x08http/1.1', 'latin1');

/** TLS over the handles of this Node. */
export function createTlsHandles(internals: Internals): TlsHandles {
  return {
    adoptTls(server, choice, onWire) {
      return takeConnections(server, (handle) => accept(internals, handle, choice(), onWire));
    },
    takeTls(socket) {
      const handle = (socket as unknown as { _handle?: TlsHandle | null })._handle;
      if (handle?._parent === undefined || socket.readableLength > 0) return undefined;
      return new TlsHandleWire(internals, handle, handle._parent);
    },
  };
}

/** Does the handshake on an accepted connection. A failed handshake only closes it, since the failure is the client's. */
function accept(internals: Internals, tcp: Handle, choice: HandshakeChoice, onWire: (wire: Wire) => void): void {
  const { first, byName, asksClients, timeoutMs, onEnd } = choice;
  const handle = internals.wrapTls(tcp, contextOf(first), true, false);
  if (asksClients) handle.setVerifyMode(true, false);
  handle._parent = tcp;
  tcp.setNoDelay(true);
  const wire = new TlsHandleWire(internals, handle, tcp);
  const timer = setTimeout(() => wire.destroy(), timeoutMs);
  const failed = (): void => {
    clearTimeout(timer);
    onEnd('failed');
  };
  wire.reader = { ...noReader, onEnd: () => wire.destroy(), onClose: () => failed() };
  handle.onhandshakedone = () => {
    clearTimeout(timer);
    handle.onhandshakedone = () => {};
    // Destroyed, it is told by its end.
    if (wire.destroyed) return;
    wire.reader = noReader;
    onEnd(handle.isSessionReused() ? 'resumed' : 'full');
    onWire(wire);
  };
  if (byName !== undefined) {
    handle.oncertcb = ({ servername }) => {
      if (typeof servername === 'string' && servername !== '') handle.sni_context = contextOf(byName(servername));
      handle.certCbDone();
    };
    handle.enableCertCb();
  }
  handle.setALPNProtocols(http11Alpn);
}

function contextOf(context: SecureContext): unknown {
  return context.context;
}
