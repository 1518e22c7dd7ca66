import { connect } from 'node:net';
import { until } from '../kit/index.ts';

/**
 * A command that the server carried out, and when by its own clock, in milliseconds. Those of one script are of one time, the one
 * that it asked for: the process may be held up in the middle of it.
 */
export interface Carried {
  readonly at: number;
  readonly command: readonly string[];
}

/** Listens to everything that a Redis carries out, by MONITOR, those commands that scripts make included. */
export async function monitorRedis(port: number): Promise<{ readonly carried: readonly Carried[]; stop(): void }> {
  const carried: Carried[] = [];
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isListening = false;
  let scriptAt = 0;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '+OK') isListening = true;
      const [, seconds, microseconds, source, rest] = /^\+(\d+)\.(\d+) \[([^\]]*)\] (.*)$/.exec(line) ?? [];
      if (rest === undefined) continue;
      const command = Array.from(rest.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, word]) => word);
      const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
      if (command[0] === 'TIME') scriptAt = now;
      carried.push({ at: source.endsWith(' lua') ? scriptAt : now, command });
    }
  });
  socket.write('MONITOR\r\n');
  await until('the monitor', () => isListening);
  return { carried, stop: () => void socket.destroy() };
}
