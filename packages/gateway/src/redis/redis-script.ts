import type { RedisClient } from '@sluice/service/redis';
import { hash } from 'node:crypto';

/** What a script is called with. */
export interface Arguments {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** What runs scripts. */
export type Scripted = Pick<RedisClient, 'sendCommand'>;

/** A Lua script. Redis knows it by its SHA-1 from the first call on, until it restarts or its scripts are flushed. */
export class RedisScript {
  readonly #source: string;
  readonly #sha: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha = hash('sha1', source);
  }

  /** Runs it; sends its text only when Redis does not know it. Rejects with the error of Redis or of the connection. */
  async run(client: Scripted, { keys, values }: Arguments): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...values];
    try {
      return await client.sendCommand(['EVALSHA', this.#sha, ...rest]);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.sendCommand(['EVAL', this.#source, ...rest]);
    }
  }
}
