import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range that the kernel takes for outgoing connections, so that a port stays free until it is used;
// each process of a run of vitest searches its own part, and another run most likely others.
const partSize = 1000;
const parts = 20;
const part = (process.ppid + Number(process.env.VITEST_POOL_ID ?? process.pid)) % parts;
let next = Math.floor(Math.random() * partSize);

/** A TCP port on 127.0.0.1 on which nothing listens; never the same twice in a row. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < partSize; attempt++) {
    const port = 10_000 + part * partSize + (next++ % partSize);
    if (await canListen(port)) return port;
  }
  throw new Error('no free port found');
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  const listening = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!(await listening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}
