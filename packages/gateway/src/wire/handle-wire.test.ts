import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listen } from '../listen/listener.ts';
import type * as HandleWire from './handle-wire.ts';
import { SocketWire } from './socket-wire.ts';
import type { Wire } from './wire.ts';

type Binding = (name: string) => Record<string, unknown>;
const host = process as unknown as { binding: Binding };
const { binding } = host;

afterEach(() => {
  host.binding = binding;
  vi.restoreAllMocks();
});

let loaded = 0;

/** What `handleTransport()` answers in a process with these internals; it asks for them once, so it is loaded anew. */
async function transportWith(internals: Binding) {
  host.binding = internals;
  loaded += 1;
  const module = (await import(`./handle-wire.ts?anew=${loaded}`)) as typeof HandleWire;
  return module.handleTransport();
}

/** The real internals, with some of them replaced. */
function withChange(name: string, change: Record<string, unknown>): Binding {
  return (asked) => (asked === name ? { ...binding(asked), ...change } : binding(asked));
}

/** The real TCP handle without one of its methods. */
function handleWithout(method: string): unknown {
  const tcp = Object.assign(() => {}, { prototype: {} });
  let prototype = (binding('tcp_wrap').TCP as { prototype: object }).prototype;
  for (; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype) as object) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (key !== 'constructor' && key !== method && !(key in tcp.prototype)) {
        Object.defineProperty(tcp.prototype, key, property);
      }
    }
  }
  return tcp;
}

describe('the fast transport', () => {
  test('is there when the internals are', async () => {
    expect(await transportWith(binding)).toBeDefined();
    expect(await transportWith(withChange('tcp_wrap', { TCP: handleWithout('nothing') }))).toBeDefined();
  });

  test.each<{ what: string; internals: Binding }>([
    {
      what: 'bindings are forbidden',
      internals: () => {
        throw new Error('ERR_ACCESS_DENIED');
      },
    },
    { what: 'bindings are empty', internals: () => ({}) },
    { what: 'there is no TCP', internals: withChange('tcp_wrap', { TCP: undefined }) },
    { what: 'the kinds of sockets are unknown', internals: withChange('tcp_wrap', { constants: {} }) },
    { what: 'there are no connect requests', internals: withChange('tcp_wrap', { TCPConnectWrap: 'odd' }) },
    { what: 'there are no write requests', internals: withChange('stream_wrap', { WriteWrap: undefined }) },
    { what: 'there are no shutdown requests', internals: withChange('stream_wrap', { ShutdownWrap: {} }) },
    { what: 'the stream state is no array of numbers', internals: withChange('stream_wrap', { streamBaseState: [0] }) },
    { what: 'the place of the result is unknown', internals: withChange('stream_wrap', { kReadBytesOrError: 'x' }) },
    { what: 'the place of the flag is unknown', internals: withChange('stream_wrap', { kLastWriteWasAsync: null }) },
    { what: 'there is no TLS', internals: withChange('tls_wrap', { TLSWrap: undefined }) },
    { what: 'TLS cannot be put on a handle', internals: withChange('tls_wrap', { wrap: undefined }) },
    { what: 'the answer of a stream that is read is unknown', internals: withChange('uv', { UV_EALREADY: undefined }) },
    { what: 'errors have no names', internals: withChange('uv', { errname: undefined }) },
  ])('is not there when $what', async ({ internals }) => {
    expect(await transportWith(internals)).toBeUndefined();
  });

  test.each([
    'useUserBuffer',
    'readStart',
    'readStop',
    'writeLatin1String',
    'writeBuffer',
    'shutdown',
    'setNoDelay',
    'getpeername',
    'connect',
    'connect6',
    'close',
    'reset',
  ])('is not there when a handle cannot %s', async (method) => {
    expect(await transportWith(withChange('tcp_wrap', { TCP: handleWithout(method) }))).toBeUndefined();
  });
});

test('without the fast transport, a listener hands out sockets', async () => {
  const transport = await transportWith(() => ({}));
  const arrived = Promise.withResolvers<Wire>();
  const listener = await listen({ host: '127.0.0.1', port: 0, shared: false, transport }, arrived.resolve);
  const peer = connect(listener.port, '127.0.0.1');
  const wire = await arrived.promise;
  expect(wire).toBeInstanceOf(SocketWire);
  wire.writeText('hello');
  const [data] = (await once(peer, 'data')) as [Buffer];
  expect(data.toString()).toBe('hello');
  peer.destroy();
  wire.destroy();
  await listener.close();
});
