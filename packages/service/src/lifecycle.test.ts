import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lifecycle } from './lifecycle.ts';
import type { LifecycleOptions } from './lifecycle.ts';
import { createLogger } from './logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class FakeProcess extends EventEmitter {
  readonly codes: number[] = [];
  exit(code: number): void {
    this.codes.push(code);
  }
}

function start(options: Partial<LifecycleOptions> = {}) {
  const source = new FakeProcess();
  const drains: string[] = [];
  const { promise: drained, resolve: finish } = Promise.withResolvers<void>();
  const running = lifecycle({
    log: createLogger({ output: { write: () => true } }),
    drainMs: () => 30_000,
    onDrain: (signal) => {
      drains.push(signal);
      return drained;
    },
    process: source,
    ...options,
  });
  return { source, drains, finish, running };
}

test.each(['SIGTERM', 'SIGINT'])('%s drains once and exits with 0', async (signal) => {
  const { source, drains, finish } = start();
  source.emit(signal, signal);
  expect(drains).toEqual([signal]);
  expect(source.codes).toEqual([]);
  finish();
  await vi.advanceTimersByTimeAsync(0);
  expect(source.codes).toEqual([0]);
});

test('the same signal twice within 200 ms is one; later it exits now', async () => {
  const { source, drains } = start();
  source.emit('SIGINT', 'SIGINT');
  await vi.advanceTimersByTimeAsync(150);
  source.emit('SIGINT', 'SIGINT');
  expect(source.codes).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  source.emit('SIGINT', 'SIGINT');
  expect(source.codes).toEqual([130]);
  expect(drains).toHaveLength(1);
});

test('a different second signal exits now with its own code', () => {
  const { source } = start();
  source.emit('SIGINT', 'SIGINT');
  source.emit('SIGTERM', 'SIGTERM');
  expect(source.codes).toEqual([143]);
});

test('a drain that does not end is cut off, one that fails exits with 1', async () => {
  const stuck = start({ drainMs: () => 1000 });
  stuck.source.emit('SIGTERM', 'SIGTERM');
  await vi.advanceTimersByTimeAsync(2900);
  expect(stuck.source.codes).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(stuck.source.codes).toEqual([1]);

  const failing = start({ onDrain: () => Promise.reject(new Error('no')) });
  failing.source.emit('SIGTERM', 'SIGTERM');
  await vi.advanceTimersByTimeAsync(0);
  expect(failing.source.codes).toEqual([1]);
});

test('SIGHUP reloads, and a failing reload does not stop the service', async () => {
  let reloads = 0;
  const { source } = start({
    onReload: () => {
      reloads++;
      return Promise.reject(new Error('bad file'));
    },
  });
  source.emit('SIGHUP', 'SIGHUP');
  source.emit('SIGHUP', 'SIGHUP');
  await vi.advanceTimersByTimeAsync(0);
  expect(reloads).toBe(2);
  expect(source.codes).toEqual([]);
});

test('close lets go of every signal', () => {
  const { source, running } = start();
  running.close();
  expect(source.eventNames()).toEqual([]);
});
