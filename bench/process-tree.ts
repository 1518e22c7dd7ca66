import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all its descendants have used and hold. */
export interface TreeUsage {
  /** User and system time of all threads since their start, microseconds. */
  readonly cpuMicros: number;
  /** Sum of the resident sets, bytes; pages shared between the processes are counted once per process. */
  readonly rssBytes: number;
}

/** Clock ticks per second of /proc/PID/stat: USER_HZ, fixed at 100 by the kernel's interface on every platform of Node. */
const microsPerTick = 10_000;

/** Reads the usage of the process `pid` and everything below it. Throws when the process is gone. */
export function treeUsage(pid: number): TreeUsage {
  let cpuMicros = 0;
  let rssBytes = 0;
  for (const member of treeOf(pid)) {
    cpuMicros += cpuTicks(readFileSync(`/proc/${member}/stat`, 'latin1')) * microsPerTick;
    rssBytes += residentBytes(readFileSync(`/proc/${member}/status`, 'latin1'));
  }
  return { cpuMicros, rssBytes };
}

/** utime + stime (fields 14 and 15 of proc(5)); the name in parentheses may itself contain spaces and parentheses. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** VmRSS of /proc/PID/status in bytes. */
export function residentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

function treeOf(pid: number): number[] {
  const members = [pid];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean);
    for (const child of children) members.push(...treeOf(Number(child)));
  }
  return members;
}
