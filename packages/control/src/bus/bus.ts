import type { Json } from '../store/store.ts';

/**
 * Carries announcements between the processes of one installation. A message reaches every listener of its topic, those
 * of the publishing process included, at most once. It is a hint, not a record: what is published while the other side
 * is away may be lost, so whoever listens also looks for itself from time to time.
 */
export interface Bus {
  /** Never throws and never waits. A message of more than 1 MB, or one that is no JSON, is refused with a warning. */
  publish(topic: string, message: Json): void;
  /** The listener is called later, never from within `publish`. Gives back what ends the subscription. */
  subscribe(topic: string, listener: BusListener): () => void;
  /** Whether other processes can be reached now. Always true within one process. */
  readonly connected: boolean;
  /** Since the bus was opened. */
  readonly counts: Readonly<BusCounts>;
  /** Sends what is on its way, for a second at most. May be called again. */
  close(): Promise<void>;
}

/** Is told of each message of a topic. What it throws is logged and harms nobody else. */
export type BusListener = (message: Json) => void;

/** Messages that did not get through. */
export interface BusCounts {
  /** Too large, or no JSON: not published at all. */
  refused: number;
  /** Published, but given up while the other side was away. */
  dropped: number;
  /** Received, but not ours, or once more: ignored. */
  malformed: number;
}

/** The largest message, in bytes of its JSON in UTF-8. */
export const largestMessage = 1_000_000;
