import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { vi } from 'vitest';

/** A client that reads answers with a Content-Length, one after the other, on one connection. */
export interface RawClient {
  readonly socket: Socket;
  /** Sends bytes and resolves with the status and the body of the next answer. */
  ask(bytes?: string): Promise<string>;
  /** Resolves with the next answer. */
  answer(): Promise<string>;
}

/** Connects to a gateway on this machine. */
export async function connectRawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let closed = false;
  socket.setEncoding('latin1').on('error', () => {});
  socket.on('data', (part: string) => (text += part)).on('close', () => (closed = true));
  await once(socket, 'connect');
  const whole = (): boolean => {
    const end = text.indexOf('\r\n\r\n');
    return end !== -1 && text.length - end - 4 >= Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  };
  const answer = async (): Promise<string> => {
    await vi.waitUntil(() => whole() || closed, { timeout: 50_000, interval: 1 });
    const read = `${text.slice(9, 12)} ${text.slice(text.indexOf('\r\n\r\n') + 4)}`;
    text = '';
    return read;
  };
  return {
    socket,
    answer,
    ask(bytes = 'GET / HTTP/1.1\r\nHost: x.example\r\n\r\n') {
      socket.write(bytes, 'latin1');
      return answer();
    },
  };
}
