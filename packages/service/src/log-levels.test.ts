import { expect, test } from 'vitest';
import { LogLevels } from './log-levels.ts';
import { createManualClock } from './testing/index.ts';

test('a level that somebody asked for wins over the configuration until it is given up', () => {
  const levels = new LogLevels('warn');
  const heard: string[] = [];
  const stop = levels.onChange((level) => heard.push(level));
  levels.ask('debug');
  levels.configure('error');
  expect([levels.level, levels.configured, levels.until]).toEqual(['debug', 'error', undefined]);
  levels.ask(undefined);
  expect(levels.level).toBe('error');
  stop();
  levels.configure('info');
  expect(heard).toEqual(['debug', 'error']);
});

test('after its time, the level of the configuration counts again, and the last wish decides', async () => {
  const clock = createManualClock();
  const levels = new LogLevels('info', clock);
  levels.ask('debug', clock.now() + 1000);
  levels.ask('debug', clock.now() + 5000);
  await clock.advance(1000);
  expect([levels.level, levels.until]).toEqual(['debug', clock.now() + 4000]);
  await clock.advance(4000);
  expect([levels.level, levels.until]).toEqual(['info', undefined]);
});

test('a time that is longer than timers take is waited for', async () => {
  const clock = createManualClock();
  const levels = new LogLevels('info', clock);
  const month = 2 ** 31 + 1000;
  levels.ask('debug', clock.now() + month);
  await clock.advance(month - 1);
  expect(levels.level).toBe('debug');
  await clock.advance(1);
  expect(levels.level).toBe('info');
});

test('a wish whose time is over comes too late', () => {
  const clock = createManualClock();
  const levels = new LogLevels('info', clock);
  levels.ask('debug', clock.now());
  expect([levels.level, levels.until]).toEqual(['info', undefined]);
});
