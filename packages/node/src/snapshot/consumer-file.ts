import { consumerDocument } from '@sluice/model';
import type { ConsumerDocument } from '@sluice/model';
import { codeOf, makePrivateFolder, replacePrivateFile } from '@sluice/service';
import { createReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** What a node knows of the consumers of control: the last change it has seen. */
export interface ConsumerPosition {
  readonly lineage: string;
  readonly sequence: number;
  readonly at?: string | undefined;
}

/** A step from what a node knew to what it knows. */
export type ConsumerStep = { readonly put: ConsumerDocument } | { readonly remove: string };

/** How many lines are written before others get a turn. */
const atOnce = 500;
/** How many lines more than twice the consumers there may be before the file is written anew. */
const slack = 2000;

/**
 * The consumers of control on the disk of a node, with the hashes of their keys: JSON in lines. Changes are appended, and each
 * batch ends with its position; the file is written anew when it is mostly history. Only the owner may read it.
 */
export class ConsumerFile {
  readonly #file: string;
  #lines = 0;
  /** Its end cannot be read, so nothing may be appended. */
  #isBroken = false;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Reads the file, as far as it can be read; steps after the last position are read, too, and control tells them again.
   * Resolves with the last position; undefined when there is none.
   */
  async load(take: (step: ConsumerStep) => void): Promise<ConsumerPosition | undefined> {
    let last: ConsumerPosition | undefined;
    const lines = createInterface({ input: createReadStream(this.#file, 'utf8'), crlfDelay: Infinity });
    try {
      for await (const text of lines) {
        const read = parseLine(text);
        this.#isBroken = read === undefined;
        if (read === undefined) break;
        this.#lines++;
        if ('lineage' in read) last = read;
        else take(read);
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    } finally {
      lines.close();
    }
    return last;
  }

  /** Whether the file should be written anew for so many consumers. */
  isFull(consumers: number): boolean {
    return this.#isBroken || this.#lines > 2 * consumers + slack;
  }

  /** Rejects with the error of the system. */
  async append(steps: readonly ConsumerStep[], at: ConsumerPosition): Promise<void> {
    await makePrivateFolder(dirname(this.#file));
    const text = [...steps, at].map((step) => `${JSON.stringify(step)}\n`).join('');
    await appendFile(this.#file, text, { mode: 0o600 });
    this.#lines += steps.length + 1;
  }

  /** Replaces the file: it is the old or the new one at any moment. Rejects with the error of the system. */
  async write(consumers: Iterable<ConsumerDocument>, at: ConsumerPosition): Promise<void> {
    let count = 1;
    const pieces = function* (): Generator<string> {
      let texts: string[] = [];
      for (const put of consumers) {
        texts.push(`${JSON.stringify({ put })}\n`);
        if (++count % atOnce !== 0) continue;
        yield texts.join('');
        texts = [];
      }
      yield `${texts.join('')}${JSON.stringify(at)}\n`;
    };
    await replacePrivateFile(this.#file, pieces());
    this.#lines = count;
    this.#isBroken = false;
  }
}

function parseLine(text: string): ConsumerStep | ConsumerPosition | undefined {
  try {
    const { put, remove, lineage, sequence, at } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (put !== undefined) return { put: consumerDocument.parse(put) };
    if (typeof remove === 'string') return { remove };
    if (typeof lineage !== 'string' || typeof sequence !== 'number') return undefined;
    return { lineage, sequence, ...(typeof at === 'string' && { at }) };
  } catch {
    // The end of a batch that was not written whole.
    return undefined;
  }
}
