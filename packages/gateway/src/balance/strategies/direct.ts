import type { ChoosableBackend, Choose } from '../strategy.ts';

/** The one backend, while it is usable. */
export function direct<C extends ChoosableBackend>(only: C): Choose<C> {
  return function chooseDirect() {
    return only.usable() ? only : undefined;
  };
}
