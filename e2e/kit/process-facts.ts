import { readFileSync, readdirSync } from 'node:fs';

/** What a process holds, from /proc. */
export interface ProcessFacts {
  /** Resident memory in MiB. */
  readonly rss: number;
  /** Open file descriptors. */
  readonly descriptors: number;
}

/** Resident memory in MiB. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes?.[1]) / 1024;
}

/** Open file descriptors. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Memory and descriptors at this moment. */
export function factsOf(pid: number): ProcessFacts {
  return { rss: rssOf(pid), descriptors: descriptorsOf(pid) };
}

/** Samples the memory of a process every 50 ms until `stop`, which returns the highest value in MiB. */
export function watchRss(pid: number): { stop(): number } {
  let highest = rssOf(pid);
  const timer = setInterval(() => (highest = Math.max(highest, rssOf(pid))), 50);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(highest, rssOf(pid));
    },
  };
}
