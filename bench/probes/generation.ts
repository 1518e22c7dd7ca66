import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { browserRequest } from '../load/browser-request.ts';
import { Connection } from '../load/connection.ts';
import type { SluiceServer } from '../peers/sluice.ts';
import { routePrefix } from '../peers/sluice-config.ts';

/** Request whose answer tells the configuration that produced it: in a header, and by its parity in the body. */
export function generationRequest(port: number): string {
  return browserRequest(port, `${routePrefix(7)}/side`);
}

/** The generation that an answer's header names; NaN when it has none. */
export function generationOf(head: string): number {
  return Number(/\r\nx-bench-generation: *(\d+)/i.exec(head)?.[1]);
}

/** Writes a configuration over the one the gateway watches: in place, as `cp` does, or by renaming, as editors do. */
export function replaceConfig({ configFile }: SluiceServer, text: string, how: 'in place' | 'rename'): void {
  if (how === 'in place') return writeFileSync(configFile, text);
  writeFileSync(`${configFile}.new`, text);
  renameSync(`${configFile}.new`, configFile);
}

/** Connections that ask again and again until each of them, so very likely each worker, answers with a generation. */
export class GenerationWatch {
  readonly #connections: readonly Connection[];
  readonly #request: string;

  private constructor(connections: readonly Connection[], request: string) {
    this.#connections = connections;
    this.#request = request;
  }

  static async open({ port }: SluiceServer, count: number): Promise<GenerationWatch> {
    const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(port)));
    return new GenerationWatch(connections, generationRequest(port));
  }

  /** Resolves once every connection has been answered by this generation; rejects after `timeoutMs`. */
  async seen(generation: number, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    await Promise.all(this.#connections.map((connection) => this.#seenBy(connection, generation, deadline)));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #seenBy(connection: Connection, generation: number, deadline: number): Promise<void> {
    for (;;) {
      const { head } = await connection.request(this.#request);
      if (generationOf(head) === generation) return;
      if (performance.now() > deadline)
        throw new Error(`generation ${generation} did not go live; the last answer:\n${head}`);
      await sleep(1);
    }
  }
}
