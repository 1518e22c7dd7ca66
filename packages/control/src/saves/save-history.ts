import type { Trial } from '@sluice/model';

/** One content that the file has had. */
export type Save = {
  /** Grows by one with each save. */
  readonly number: number;
  /** A digest: the same content has the same one. */
  readonly content: string;
  /** ISO 8601. */
  readonly at: string;
};

/**
 * The contents that the file has had, the newest last. Several processes may have the file, each a copy that changes at its
 * own moment. A copy whose content was saved before is late, and not a change back: only a content that is new to the
 * process and has not come since in the history is a new save.
 */
export type SaveHistory = {
  readonly saves: readonly Save[];
  /** The number of the save that each process has. */
  readonly seen: Readonly<Record<string, number>>;
  /** What was tried of the newest save, by route. */
  readonly trials: Readonly<Record<string, Trial>>;
};

/** The content that a process finds in its copy of the file. */
export interface Arrival {
  readonly process: string;
  readonly content: string;
  /** ISO 8601. */
  readonly at: string;
}

/** How many saves and processes are remembered. */
const most = 200;

export const noSaves: SaveHistory = { saves: [], seen: {}, trials: {} };

/** The history after a process found a content in its copy of the file. The same object when nothing is new. */
export function arrive(history: SaveHistory, { process, content, at }: Arrival): SaveHistory {
  const { saves, seen } = history;
  const own = Object.hasOwn(seen, process) ? saves.find(({ number }) => number === seen[process]) : undefined;
  if (own?.content === content) return history;
  const known =
    own === undefined
      ? saves.findLast((save) => save.content === content)
      : saves.find((save) => save.number > own.number && save.content === content);
  const save = known ?? { number: (saves.at(-1)?.number ?? 0) + 1, content, at };
  return {
    ...history,
    saves: known === undefined ? [...saves, save].slice(-most) : saves,
    seen: newestOf({ ...seen, [process]: save.number }),
  };
}

/** How many saves a content is behind the newest; 0 when it is the newest. */
export function behind({ saves, seen }: SaveHistory, { process, content }: Omit<Arrival, 'at'>): number {
  const newest = saves.at(-1);
  if (newest === undefined || newest.content === content) return 0;
  return newest.number - (seen[process] ?? 0);
}

function newestOf(seen: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const entries = Object.entries(seen);
  if (entries.length <= most) return seen;
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => b - a).slice(0, most));
}
