import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { cpuTicks, residentBytes, treeUsage } from './process-tree.ts';

test('the fields are found behind a process name with spaces and parentheses', () => {
  expect(cpuTicks('42 (a) b) (c) S 1 1 1 0 -1 4194304 100 0 0 0 70 30 5 5 20 0 1 0')).toBe(100);
});

test('resident memory is given in bytes', () => {
  expect(residentBytes('Name:\tx\nVmRSS:\t   2048 kB\nThreads:\t1\n')).toBe(2048 * 1024);
});

test('the work of a child is counted with its parent', async () => {
  const busy = `while (process.cpuUsage().user < 300_000); console.log('done'); setInterval(() => {}, 1000);`;
  const source = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}], { stdio: 'inherit' })`;
  const parent = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    await once(parent.stdout, 'data');
    const { cpuMicros, rssBytes } = treeUsage(parent.pid ?? 0);
    expect(cpuMicros).toBeGreaterThan(300_000); // the parent alone needs about 30 ms
    expect(rssBytes).toBeGreaterThan(2 * 20 * 1024 * 1024);
  } finally {
    process.kill(-(parent.pid ?? 0), 'SIGKILL');
  }
});
