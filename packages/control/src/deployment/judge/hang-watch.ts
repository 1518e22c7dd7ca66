import type { SplitCounts, VersionCounts } from '@sluice/model';
import type { Shares } from './judge-state.ts';

/** Requests that begin within so many milliseconds are checked together. */
const gatherMs = 5_000;
/** They are checked so many milliseconds later. */
const waitMs = 10_000;

/** How many requests of both sides had ended at some time, and how many were in progress. */
interface Mark {
  readonly at: number;
  readonly stable: Ends;
  readonly candidate: Ends;
}

interface Ends {
  readonly ended: number;
  readonly inFlight: number;
}

/**
 * Finds requests that do not end, from counts alone. Requests that begin within five seconds are checked ten seconds later,
 * each at most once. Counts do not say which of them have ended. So every candidate request that has ended since counts as
 * one of them, and so does every stable request in progress: the candidate never seems to have more hanging requests than it
 * has, and the stable version never fewer.
 */
export class HangWatch {
  #first: Mark | undefined;
  #last: Mark | undefined;
  #whole: Shares = [0, 0, 0, 0];

  /** Everything that was found so far. */
  get whole(): Shares {
    return this.#whole;
  }

  /** Takes the counts of this moment, in milliseconds. Gives back what was checked, which is nothing most of the time. */
  update(counts: SplitCounts, now: number): Shares {
    const mark = { at: now, stable: endsOf(counts.stable), candidate: endsOf(counts.candidate) };
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || now < first.at) this.#begin(mark);
    else if (last === undefined && now >= first.at + gatherMs) this.#last = mark;
    else if (last !== undefined && now >= last.at + waitMs) {
      this.#begin(mark);
      return this.#found(first, last, mark);
    }
    return nothing;
  }

  #begin(mark: Mark): void {
    this.#first = mark;
    this.#last = undefined;
  }

  #found(first: Mark, last: Mark, now: Mark): Shares {
    const [stable, candidate] = [begun(first.stable, last.stable), begun(first.candidate, last.candidate)];
    const endedSince = now.candidate.ended - first.candidate.ended;
    const found: Shares = [
      stable,
      Math.min(stable, now.stable.inFlight),
      candidate,
      Math.max(0, Math.min(now.candidate.inFlight, candidate - endedSince)),
    ];
    this.#whole = [0, 1, 2, 3].map((index) => this.#whole[index] + found[index]) as unknown as Shares;
    return found;
  }
}

const nothing: Shares = [0, 0, 0, 0];

function endsOf({ requests, aborted, rejected, ownAnswers = 0, inFlight = 0 }: VersionCounts): Ends {
  return { ended: requests + aborted + rejected + ownAnswers, inFlight };
}

/** How many requests began between two times. */
function begun(from: Ends, to: Ends): number {
  return Math.max(0, to.ended + to.inFlight - from.ended - from.inFlight);
}
