/** Copies in flight on one worker at most; more are not made. */
export const MOST_COPIES = 64;

/** The copies that one worker has under way. */
export interface MirrorLoad {
  inFlight: number;
}
