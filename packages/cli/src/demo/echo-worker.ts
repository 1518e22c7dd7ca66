import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createEchoServer } from './echo-server.ts';

/** Those that listen, in the order of their ports. */
const names = ['stable', 'candidate', 'bad'] as const;

/** A port for `stable`, `candidate` and `bad`. */
export type EchoPorts = readonly [number, number, number];

/** What the main thread hands to this worker. */
export interface EchoWorkerData {
  readonly host: string;
  /** 0 takes any free port. */
  readonly ports: EchoPorts;
}

/** What this worker reports once: where it listens, or why it cannot. */
export type EchoWorkerReport =
  | { readonly ok: true; readonly ports: EchoPorts }
  | { readonly ok: false; readonly code: string; readonly port: number; readonly message: string };

parentPort!.postMessage(await start(workerData as EchoWorkerData));

async function start({ host, ports }: EchoWorkerData): Promise<EchoWorkerReport> {
  const [stable, candidate, bad] = names.map((name) => createEchoServer(name));
  try {
    return {
      ok: true,
      ports: [
        await listen(stable, host, ports[0]),
        await listen(candidate, host, ports[1]),
        await listen(bad, host, ports[2]),
      ],
    };
  } catch (error) {
    for (const server of [stable, candidate, bad]) server.close();
    const { code = 'UNKNOWN', port = 0, message } = error as NodeJS.ErrnoException & { port?: number };
    return { ok: false, code, port, message };
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
