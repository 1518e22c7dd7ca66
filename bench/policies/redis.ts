import { connect } from 'node:net';
import { freePort } from '../lab.ts';
import type { Lab } from '../lab.ts';

/** Starts a Redis that keeps nothing on disk, on the core of the load. Resolves with its address. */
export async function startRedis(lab: Lab): Promise<string> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  await lab.start({ name: 'redis', command: 'redis-server', args, port, core: lab.loadCore, isReady: accepts });
  return `redis://127.0.0.1:${port}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
