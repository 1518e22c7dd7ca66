import { readFileSync } from 'node:fs';

const lookMs = 500;

/**
 * `npx sluice start` is three processes: npm, a shell that passes no signal on, and this one. When npm is gone, whatever ended it,
 * this process would serve on without anyone who knows of it. So `end` is called then. Does nothing unless npm started this.
 */
export function endWithNpm(env: NodeJS.ProcessEnv, end: () => void): void {
  // A script with & puts the gateway in the background, to stay.
  if (env['npm_lifecycle_script']?.includes('&') !== false || !isBelowNpm()) return;
  const launchers = ancestors();
  const look = setInterval(() => {
    if (ancestors().join() === launchers.join()) return;
    clearInterval(look);
    end();
  }, lookMs);
  look.unref();
}

/** The process ids of the parent and of its parent; where there is no /proc, only the parent's. */
function ancestors(): readonly number[] {
  const parent = process.ppid;
  // The name of a process, in brackets, may hold anything; its state and its parent follow.
  const above = /.*\) \S (\d+)/s.exec(read(parent, 'stat'))?.[1];
  return above === undefined ? [parent] : [parent, Number(above)];
}

function isBelowNpm(): boolean {
  const titles = ancestors().map((id) => read(id, 'cmdline'));
  return titles.every((title) => title === '') || titles.some((title) => /^(npm|npx)\b|npm-cli|npx-cli/.test(title));
}

/** What Linux tells of a process; nothing when the process is gone, or on another system. */
function read(id: number, fact: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${id}/${fact}`, 'utf8');
  } catch {
    return '';
  }
}
