import type { SplitCounts, VersionCounts } from '@sluice/model';
import type { Shares } from './judge-state.ts';

/** How long requests are gathered that are then waited for, in milliseconds. */
const gatherMs = 5_000;
/** How long they are waited for, in milliseconds. */
const waitMs = 10_000;

/** Both sides at one moment: what had ended by then, and what was under way. */
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
 * Finds requests that do not end, from counts alone. Those that begin within five seconds are gathered, and looked for ten
 * seconds later: each request is looked for once at most. Which of them have ended is not known, so everything that has
 * ended since counts as one of the candidate's, and everything under way as one of the stable version's. The candidate is
 * thus found to have no more of them than it has, the stable version no fewer.
 */
export class HangWatch {
  #first: Mark | undefined;
  #last: Mark | undefined;
  #whole: Shares = [0, 0, 0, 0];

  /** All that was found so far. */
  get whole(): Shares {
    return this.#whole;
  }

  /** Takes in the counts of a moment; gives back what was found, nothing most of the time. `now` in milliseconds. */
  look(counts: SplitCounts, now: number): Shares {
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

function endsOf({ requests, aborted, rejected, inFlight = 0 }: VersionCounts): Ends {
  return { ended: requests + aborted + rejected, inFlight };
}

/** How many began between two moments. */
function begun(from: Ends, to: Ends): number {
  return Math.max(0, to.ended + to.inFlight - from.ended - from.inFlight);
}
