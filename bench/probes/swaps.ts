import { Connection } from '../load/connection.ts';
import type { Answer } from '../load/connection.ts';
import type { SluiceServer } from '../peers/sluice.ts';
import { bodies } from '../upstream.ts';
import { generationOf, generationRequest, GenerationWatch, replaceConfig } from './generation.ts';

/** What clients saw while the configuration was replaced again and again under load. */
export interface Swaps {
  readonly swaps: number;
  readonly requests: number;
  /** Not 200, a body that does not belong to the generation in the header, or a generation older than one seen before. */
  readonly wrong: number;
  /** A connection that broke although a request was on it. */
  readonly dropped: number;
  readonly seconds: number;
  /** The first few failures in words. */
  readonly examples: readonly string[];
}

interface Count {
  requests: number;
  wrong: number;
  dropped: number;
  examples: string[];
}

const clients = 32;

/** Swaps `count` times while 32 keep-alive clients ask without a pause and check every answer. */
export async function measureSwaps(server: SluiceServer, count: number): Promise<Swaps> {
  const tally: Count = { requests: 0, wrong: 0, dropped: 0, examples: [] };
  const stopping = new AbortController();
  const start = performance.now();
  const load = Array.from({ length: clients }, () => client(server.port, tally, stopping.signal));
  const watch = await GenerationWatch.open(server, 4);
  try {
    for (let generation = 1; generation <= count; generation += 1) {
      replaceConfig(server, server.configWith({ generation }), generation % 2 === 0 ? 'rename' : 'in place');
      await watch.seen(generation);
    }
  } finally {
    stopping.abort();
    watch.close();
    await Promise.all(load);
  }
  return { swaps: count, ...tally, seconds: (performance.now() - start) / 1000 };
}

async function client(port: number, tally: Count, stopping: AbortSignal): Promise<void> {
  const request = generationRequest(port);
  let newest = 0;
  let connection: Connection | undefined;
  while (!stopping.aborted) {
    try {
      if (!connection?.usable) {
        connection = await Connection.open(port);
        newest = 0; // it may lead to the other worker
      }
      tally.requests += 1;
      const answer = await connection.request(request);
      const fault = faultOf(answer, newest);
      if (fault) note(tally, 'wrong', fault);
      else newest = generationOf(answer.head);
    } catch (error) {
      note(tally, 'dropped', String(error));
      connection = undefined;
    }
  }
  connection?.close();
}

/** Says what is wrong with an answer, if anything: one connection stays with one worker, whose generations only rise. */
function faultOf({ status, head, body }: Answer, newest: number): string | undefined {
  const generation = generationOf(head);
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  if (Number.isNaN(generation)) return `no generation in ${head}`;
  if (body !== (generation % 2 === 0 ? bodies.even : bodies.odd)) return `generation ${generation} said "${body}"`;
  if (generation < newest) return `generation ${generation} after ${newest}`;
  return undefined;
}

function note(tally: Count, kind: 'wrong' | 'dropped', example: string): void {
  tally[kind] += 1;
  if (tally.examples.length < 5) tally.examples.push(`${kind}: ${example}`);
}
