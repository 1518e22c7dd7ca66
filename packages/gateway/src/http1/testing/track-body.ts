import { BodyTracker } from '../body-tracker.ts';
import type { BodyKind } from '../body-tracker.ts';

/** What a tracker made of a body that came in pieces. */
export interface TrackedBody {
  readonly outcome: 'done' | 'broken' | 'open';
  readonly payload: string;
  /** How many bytes the tracker took, before it was done or broken. */
  readonly taken: number;
}

/** Leads a tracker over `bytes`, which arrive cut at the offsets in `cuts` (ascending). */
export function trackBody(kind: BodyKind, length: number, bytes: Buffer, cuts: readonly number[] = []): TrackedBody {
  const tracker = new BodyTracker();
  tracker.begin(kind, length);
  let payload = '';
  let start = 0;
  let taken = 0;
  for (const end of [...cuts, bytes.length]) {
    // A buffer of its own, at an offset: what comes before and after a piece must not matter.
    const piece = Buffer.concat([Buffer.from('..'), bytes.subarray(start, end), Buffer.from('..')]);
    const at = tracker.advance(
      piece,
      2,
      2 + end - start,
      (from, to) => (payload += piece.toString('latin1', from, to)),
    );
    taken += at - 2;
    start = end;
    if (tracker.done || tracker.broken) break;
  }
  if (tracker.received !== payload.length) throw new Error(`received ${tracker.received}, payload ${payload.length}`);
  return { outcome: tracker.done ? 'done' : tracker.broken ? 'broken' : 'open', payload, taken };
}
