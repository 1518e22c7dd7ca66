import { expect, test } from 'vitest';
import { limitedDebugLines } from './debug-lines.ts';

test('so many lines a second are passed on, and the next second says how many were left out', () => {
  const written: string[] = [];
  const clock = { now: 5_000 };
  const line = limitedDebugLines(
    (message, fields) => written.push('lines' in fields ? `${message}: ${JSON.stringify(fields)}` : message),
    () => clock.now,
  );
  for (let i = 0; i < 107; i++) line(`line ${i}`, {});
  expect(written).toHaveLength(100);
  clock.now = 6_000;
  line('next', {});
  expect(written.slice(100)).toEqual(['more lines than can be written were left out: {"lines":7}', 'next']);
});
