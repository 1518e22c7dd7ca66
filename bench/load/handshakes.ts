/**
 * A connection and a whole TLS 1.3 handshake for each request: `node handshakes.ts PORT CONNECTIONS SECONDS REQUESTS`.
 * wrk would resume sessions with whoever gives tickets. Prints the same line as `browser.lua`.
 */
import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';

const [port, connections, seconds] = process.argv.slice(2, 5).map(Number);
const requests = readFileSync(process.argv[5] ?? '', 'latin1')
  .split('\n%%\n')
  .filter((text) => text !== '')
  .map((text) => text.replace('Connection: keep-alive', 'Connection: close'));
// X25519 is what all servers here know: a newer group would be agreed on with some of them alone.
const secureContext = createSecureContext({ minVersion: 'TLSv1.3', ecdhCurve: 'X25519' });
const latencies: number[] = [];
const errors = { connect: 0, read: 0, status: 0 };
let next = 0;

const begun = performance.now();
const end = begun + (seconds ?? 1) * 1000;
await Promise.all(Array.from({ length: connections ?? 1 }, ask));
report((performance.now() - begun) * 1000);

async function ask(): Promise<void> {
  for (let start = performance.now(); start < end; start = performance.now()) {
    await exchange(requests[next++ % requests.length] ?? '');
    latencies.push(Math.round((performance.now() - start) * 1000));
  }
}

/** One connection from its beginning to its end. */
function exchange(request: string): Promise<void> {
  return new Promise((done) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port: port ?? 0, secureContext, rejectUnauthorized: false });
    socket.setEncoding('latin1');
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) throw new Error('the session was resumed');
      socket.write(request, 'latin1');
    });
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.once('error', () => (errors[answer === '' ? 'connect' : 'read'] += 1));
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      if (!answer.startsWith('HTTP/1.1 200 ')) errors.status += 1;
      done();
    });
  });
}

function report(micros: number): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  const times = { p50: at(0.5), p99: at(0.99) };
  console.log(
    `RESULT ${JSON.stringify({ requests: latencies.length, micros, ...times, ...errors, write: 0, timeout: 0 })}`,
  );
}
