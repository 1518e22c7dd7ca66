import type { AcquireOptions, Lease, Lock } from './lock.ts';

interface Held {
  readonly holder: symbol;
  until: number;
}

/** A lock within this process, for installations of one process and for tests. `clock` is monotonic, in milliseconds. */
export function createProcessLock({ clock = () => performance.now() }: { clock?: () => number } = {}): Lock {
  const held = new Map<string, Held>();

  const holds = (name: string, holder: symbol): Held | undefined => {
    const entry = held.get(name);
    return entry?.holder === holder && clock() < entry.until ? entry : undefined;
  };

  const lease = (name: string, ttlMs: number): Lease => {
    const holder = Symbol(name);
    held.set(name, { holder, until: clock() + ttlMs });
    return {
      get lost() {
        return holds(name, holder) === undefined;
      },
      renew() {
        const entry = holds(name, holder);
        if (entry !== undefined) entry.until = clock() + ttlMs;
        return Promise.resolve(entry !== undefined);
      },
      release() {
        if (held.get(name)?.holder === holder) held.delete(name);
        return Promise.resolve();
      },
    };
  };

  return {
    acquire(name: string, { ttlMs }: AcquireOptions) {
      const present = held.get(name);
      if (present !== undefined && clock() < present.until) return Promise.resolve(undefined);
      return Promise.resolve(lease(name, ttlMs));
    },
    close: () => Promise.resolve(),
  };
}
