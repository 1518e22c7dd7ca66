/**
 * Everything undocumented of Node that is used here is in this file: the handles inside its sockets
 * (`tcp_wrap`, `tls_wrap`, `stream_wrap`), reached by `process.binding`. Each is checked by name and type before it is used.
 */
import type { SentCertificate } from './sent-certificate.ts';
import { isIPv6 } from 'node:net';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorMap } from 'node:util';

/** A stream that libuv drives, as Node's own sockets have it inside. */
export interface Handle {
  onread: (this: Handle, bytes: ArrayBuffer | undefined) => void;
  onconnection?: (status: number, handle: Handle | undefined) => void;
  readonly writeQueueSize: number;
  wire?: HandleReader;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: object, text: string): number;
  writeBuffer(request: object, bytes: Uint8Array): number;
  shutdown(request: object): number;
  setNoDelay(on: boolean): number;
  getpeername(into: { address?: string }): number;
  connect(request: object, address: string, port: number): number;
  connect6(request: object, address: string, port: number): number;
  close(done?: () => void): void;
  reset(done?: () => void): number;
}

/** One write; reports its end to the wire that made it. */
export interface WriteRequest {
  oncomplete: (status: number) => void;
  wire: HandleReader | undefined;
  buffer: Uint8Array | undefined;
}

/** Whom a handle and its writes report to. */
export interface HandleReader {
  /** What was read: a count, or a negative error. */
  received(count: number): void;
  /** A write that had to wait is done. */
  written(status: number): void;
}

/** TLS on top of a handle. It encrypts a write at once, so that the plain text is free when the call returns. */
export interface TlsHandle extends Handle {
  _parent: Handle;
  onhandshakedone: () => void;
  onerror: (error: NodeJS.ErrnoException) => void;
  oncertcb: (this: TlsHandle, info: { servername?: string | false }) => void;
  sni_context?: unknown;
  enableCertCb(): void;
  certCbDone(): void;
  setALPNProtocols(protocols: Uint8Array): void;
  setVerifyMode(asks: boolean, refuses: boolean): void;
  verifyError(): (Error & { readonly code?: string }) | null | undefined;
  getPeerCertificate(detailed: boolean): SentCertificate | undefined;
  isSessionReused(): boolean;
  destroySSL(): void;
}

/** The undocumented parts of Node that are used. */
export interface Internals {
  TCP: new (type: number) => Handle;
  socketType: number;
  /** Puts TLS on a handle; the context is the `context` of a `SecureContext`. */
  wrapTls: (handle: Handle, context: unknown, isServer: boolean, hasActiveWrite: boolean) => TlsHandle;
  /** What reading again answers for a stream that is being read. */
  alreadyReading: number;
  ConnectRequest: new () => { oncomplete: (status: number) => void };
  WriteRequest: new () => WriteRequest;
  ShutdownRequest: new () => { oncomplete: (status: number) => void };
  state: Int32Array;
  readResult: number;
  lastWriteWasAsync: number;
  errorName(status: number): string;
}

/** Fetches the internals and checks each by type; undefined if any is not as expected. */
export function loadInternals(): Internals | undefined {
  // Windows reads ahead into the buffer it was given, so the buffer cannot be shared there.
  if (process.platform === 'win32') return undefined;
  try {
    const binding = (process as unknown as { binding(name: string): Record<string, unknown> }).binding.bind(process);
    const tcp = binding('tcp_wrap');
    const stream = binding('stream_wrap');
    const uv = binding('uv') as { errname?: (status: number) => string; UV_EALREADY?: number };
    const tls = binding('tls_wrap') as { wrap?: unknown; TLSWrap?: unknown };
    const found = {
      TCP: tcp.TCP,
      socketType: (tcp.constants as { SOCKET?: unknown }).SOCKET,
      wrapTls: canTls(tls.TLSWrap) ? tls.wrap : undefined,
      alreadyReading: uv.UV_EALREADY,
      ConnectRequest: tcp.TCPConnectWrap,
      WriteRequest: stream.WriteWrap,
      ShutdownRequest: stream.ShutdownWrap,
      state: stream.streamBaseState,
      readResult: stream.kReadBytesOrError,
      lastWriteWasAsync: stream.kLastWriteWasAsync,
      errorName: uv.errname,
    };
    return isUsable(found) ? (found as unknown as Internals) : undefined;
  } catch {
    // Not an error: this Node hides its internals, and the public transport does the same work.
    return undefined;
  }
}

function isUsable(found: Record<keyof Internals, unknown>): boolean {
  const { TCP, wrapTls, ConnectRequest, WriteRequest, ShutdownRequest, errorName } = found;
  const functions = [TCP, wrapTls, ConnectRequest, WriteRequest, ShutdownRequest, errorName];
  if (!functions.every((value) => typeof value === 'function')) return false;
  if (!(found.state instanceof Int32Array)) return false;
  if (![found.socketType, found.alreadyReading, found.readResult, found.lastWriteWasAsync].every(Number.isInteger))
    return false;
  return hasMethods(TCP, [...streamMethods, 'connect', 'connect6', 'close', 'reset', 'setNoDelay', 'getpeername']);
}

const streamMethods = ['useUserBuffer', 'readStart', 'readStop', 'writeLatin1String', 'writeBuffer', 'shutdown'];

function canTls(TLSWrap: unknown): boolean {
  const ofHandshakes = ['enableCertCb', 'certCbDone', 'setALPNProtocols', 'destroySSL'];
  const ofTls = [...ofHandshakes, 'setVerifyMode', 'verifyError', 'getPeerCertificate', 'isSessionReused'];
  return typeof TLSWrap === 'function' && hasMethods(TLSWrap, [...streamMethods, ...ofTls]);
}

function hasMethods(constructor: unknown, names: readonly string[]): boolean {
  const methods = Object.create((constructor as { prototype: object }).prototype) as Record<string, unknown>;
  return names.every((name) => typeof methods[name] === 'function');
}

/**
 * Whether the TCP stream below a TLS socket that ends now has ended itself, as after a missing close_notify; true where this Node
 * does not tell.
 */
export function endedBelow(socket: TLSSocket): boolean {
  const handle = (socket as unknown as { _handle?: (Partial<TlsHandle> & { reading?: boolean }) | null })._handle;
  const below = handle?._parent;
  if (typeof handle?.reading !== 'boolean' || typeof below?.readStart !== 'function') return true;
  // Held back, nothing comes from below: the end was in what had come before.
  if (!handle.reading) return false;
  // What libuv still reads has not ended. What has ended must not be read again for having been asked.
  const status = below.readStart();
  if (status === 0) below.readStop();
  return getSystemErrorMap().get(status)?.[0] !== 'EALREADY';
}

/** Hands every connection that a listening server accepts to `take` instead; false when it cannot be done. */
export function takeConnections(server: Server, take: (handle: Handle) => void): boolean {
  const handle = (server as unknown as { _handle?: Handle })._handle;
  if (handle === undefined || handle === null || typeof handle.onconnection !== 'function') return false;
  handle.onconnection = (status, accepted) => {
    if (status === 0 && accepted !== undefined) take(accepted);
  };
  return true;
}

/** The address at the other end; empty when the connection is gone already. */
export function peerAddress(handle: Handle): string {
  const peer: { address?: string } = {};
  handle.getpeername(peer);
  return peer.address ?? '';
}

interface BindingHandle {
  bind(address: string, port: number): number;
  bind6(address: string, port: number): number;
  getsockname(into: { port?: number }): number;
  close(): void;
}

/** A port that is bound, and on which this does not listen. */
export interface BoundPort {
  readonly port: number;
  release(): void;
}

/**
 * Binds a port that the system chooses, without listening there. Connections are refused until somebody listens, which this does
 * not prevent; but the system chooses the port for nobody else. Undefined where that cannot be done.
 */
export function bindAnyPort(address: string): BoundPort | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, unknown> };
    const { TCP, constants } = binding.call(process, 'tcp_wrap') as {
      TCP: new (type: number) => BindingHandle;
      constants: { SOCKET: number };
    };
    const handle = new TCP(constants.SOCKET);
    const name: { port?: number } = {};
    const status = isIPv6(address) ? handle.bind6(address, 0) : handle.bind(address, 0);
    if (status === 0 && handle.getsockname(name) === 0 && name.port !== undefined)
      return { port: name.port, release: () => handle.close() };
    handle.close();
  } catch {
    // Not an error: this Node hides its internals, and the port is found in another way.
  }
  return undefined;
}
