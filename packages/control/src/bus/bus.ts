import type { Dependency } from '@sluice/service/dependency';
import type { Json } from '../store/store.ts';

/**
 * Carries announcements between the processes of one installation. A message reaches every listener of its topic at most once,
 * including those of the publishing process. It is only a hint and may get lost, so listeners also check for changes from time to
 * time.
 */
export interface Bus {
  /** Never throws and never waits. Refuses, with a warning, a message that is larger than 1 MB or is not JSON. */
  publish(topic: string, message: Json): void;
  /** Calls the listener later, never from within `publish`. Returns a function that ends the subscription. */
  subscribe(topic: string, listener: BusListener): () => void;
  /** Whether other processes can be reached. Always true within one process. */
  readonly connected: boolean;
  /** What carries messages outside the process, by its last check; undefined when nothing does. */
  health(): Dependency | undefined;
  /** Since the bus was opened. */
  readonly counts: Readonly<BusCounts>;
  /** Sends what is waiting, for a second at most. May be called again. */
  close(): Promise<void>;
}

/** Gets each message of a topic. An error that it throws is logged and does not affect other listeners. */
export type BusListener = (message: Json) => void;

/** Messages that were not delivered. */
export interface BusCounts {
  /** Not published, because too large or not JSON. */
  refused: number;
  /** Published, but dropped while Redis could not be reached. */
  dropped: number;
  /** Received but ignored, because not from this installation or received before. */
  malformed: number;
}

/** The largest message, in bytes of its JSON in UTF-8. */
export const largestMessage = 1_000_000;
