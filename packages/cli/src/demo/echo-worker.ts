import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createEchoServer } from './echo-server.ts';

/** A port for `stable`, `candidate` and `bad`. */
export type EchoPorts = readonly [number, number, number];

/** Given to this worker. */
export interface EchoWorkerData {
  readonly host: string;
  /** 0 takes any free port. */
  readonly ports: EchoPorts;
}

const { host, ports } = workerData as EchoWorkerData;
const listening: number[] = [];
for (const [index, name] of (['stable', 'candidate', 'bad'] as const).entries()) {
  const server = createEchoServer(name).listen(ports[index], host);
  // An error ends this thread, and reaches the one that started it.
  await once(server, 'listening');
  listening.push((server.address() as AddressInfo).port);
}
// The main thread waits for this message.
parentPort!.postMessage(listening);
