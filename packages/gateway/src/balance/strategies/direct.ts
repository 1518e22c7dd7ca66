import type { Candidate, Choose } from '../candidate.ts';

/** The one backend, while it is usable. */
export function direct<C extends Candidate>(only: C): Choose<C> {
  return function chooseDirect() {
    return only.usable() ? only : undefined;
  };
}
