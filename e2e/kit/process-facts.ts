import { readFileSync, readdirSync } from 'node:fs';

/** Resident memory in MiB. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes?.[1]) / 1024;
}

/** Time of the processor that it has taken so far, in milliseconds: the kernel counts in hundredths of a second. */
export function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the process, in brackets, may hold anything; its state follows.
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

/** Open file descriptors. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
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
