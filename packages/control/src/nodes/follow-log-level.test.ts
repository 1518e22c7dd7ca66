import { LogLevels } from '@sluice/service';
import { createManualClock } from '@sluice/service/testing';
import { expect, test } from 'vitest';
import { followLogLevel } from './follow-log-level.ts';

test('a command changes the level, for its time if it has one, and takes it back', async () => {
  const clock = createManualClock();
  const levels = new LogLevels('warn', clock);
  const follow = followLogLevel(levels);
  follow({ id: '1', kind: 'logLevel', level: 'debug', until: new Date(clock.now() + 1000).toISOString() });
  expect(levels.level).toBe('debug');
  await clock.advance(1000);
  expect(levels.level).toBe('warn');
  follow({ id: '2', kind: 'logLevel', level: 'error' });
  follow({ id: '3', kind: 'checkHealth' });
  expect(levels.level).toBe('error');
  follow({ id: '4', kind: 'logLevel' });
  expect(levels.level).toBe('warn');
});
