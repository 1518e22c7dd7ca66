import { startLoad } from '../kit/index.ts';
import type { Version } from './version-backends.ts';

/** Load on one route, every answer of which is judged by the versions that may answer it. */
export interface VersionLoad {
  readonly wrong: readonly string[];
  /** From now on these versions may answer; requests under way may still be answered by those before. */
  allow(...versions: Version[]): void;
  /** Waits for so many more answers to requests that are sent from now on; gives back the versions that gave them. */
  more(count: number): Promise<readonly string[]>;
  /** Ends it; gives back what was wrong. */
  stop(): Promise<readonly string[]>;
}

/** Starts 200 requests per second. Only the bad version may answer with anything but 200. */
export function startVersionLoad(port: number, ...first: Version[]): VersionLoad {
  const sent = new Map<number, { readonly allowed: ReadonlySet<string>; readonly at: number }>();
  const waiters = new Set<{ readonly since: number; readonly seen: string[]; readonly look: () => void }>();
  let allowed: ReadonlySet<string> = new Set(first);
  const load = startLoad({
    port,
    connections: 4,
    rate: 200,
    request: (index) => {
      sent.set(index, { allowed, at: performance.now() });
      return { path: `/users/${index}` };
    },
    judge: ({ status, body }, index) => {
      const { allowed: then, at } = sent.get(index)!;
      sent.delete(index);
      for (const waiter of waiters) {
        if (at < waiter.since) continue;
        waiter.seen.push(body);
        waiter.look();
      }
      if (status !== 200 && body !== 'bad') return `${status} ${body.slice(0, 100)}`;
      if (then.has(body) || allowed.has(body)) return undefined;
      return `${status} ${body.slice(0, 100)}, expected ${[...allowed].join(' or ')}`;
    },
  });
  return {
    wrong: load.wrong,
    allow: (...versions) => void (allowed = new Set(versions)),
    more: (count) =>
      new Promise((resolve) => {
        const seen: string[] = [];
        const look = (): void => {
          if (seen.length < count) return;
          waiters.delete(waiter);
          resolve(seen);
        };
        const waiter = { since: performance.now(), seen, look };
        waiters.add(waiter);
      }),
    stop: async () => {
      await load.stop();
      return load.wrong;
    },
  };
}
