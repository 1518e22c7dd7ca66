import { z } from 'zod';
import { consumerDocument } from '../documents/consumer-document.ts';
import type { Immutable } from '../documents/immutable.ts';
import { timestamp } from '../documents/revision-fields.ts';

const text = z.string().min(1);

const position = {
  lineage: text.describe('Names the history that the numbers of changes belong to: a restored backup begins another.'),
  sequence: z.int().min(0).describe('The number of the last change of a consumer that is in it.'),
};

/** Schema of what a node is told of consumers. */
export const consumerNews = z
  .object({
    ...position,
    at: timestamp.optional().describe('When the store was changed or confirmed last.'),
    withheld: z
      .boolean()
      .optional()
      .describe('The store is empty or older than what the node knows: the node keeps that.'),
    isWhole: z
      .boolean()
      .describe('The way from what the node knows is not known: it reads all consumers, page by page.'),
    changed: z.array(consumerDocument),
    removed: z.array(text).describe('Ids.'),
  })
  .describe('The way from the consumers that the node knows to those there are.');

/** What control tells a node of consumers: the way from what the node knows. */
export type ConsumerNews = Immutable<z.output<typeof consumerNews>>;

/** Schema of a page of all consumers, for nodes. */
export const consumerPage = z
  .object({
    consumers: z.array(consumerDocument),
    next: text.optional().describe('Where the next page begins; absent on the last one.'),
  })
  .describe('A page of the consumers, ordered by id.');

/** Some of all consumers. */
export type ConsumerPage = Immutable<z.output<typeof consumerPage>>;

/** A question for changes of consumers. */
export interface ConsumerQuestion {
  readonly nodeId: string;
  /** The change that the node has seen last; 0 for none. */
  readonly since: number;
  /** The history of that change. */
  readonly lineage?: string | undefined;
  /** When the store was changed or confirmed last, as the node knows. */
  readonly at?: string | undefined;
  /** The node was told that it keeps what it knows. */
  readonly withheld?: boolean | undefined;
  /** How long the answer may wait for something new, in milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where a node learns of the consumers of control. Both methods reject with a ControlError. */
export interface ConsumerSource {
  /** Resolves as soon as there is something new, or with nothing new when the wait is over. */
  consumers(question: ConsumerQuestion): Promise<ConsumerNews>;
  /** A page of all consumers: the first one, or the one that begins at `from`. */
  consumerPage(nodeId: string, from?: string, signal?: AbortSignal): Promise<ConsumerPage>;
}
