import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { askingContext } from '../testing/asking-context.ts';
import { askText, canAsk, confirm } from './ask.ts';

test.each([
  ['y\r', true],
  ['YES\r', true],
  ['\r', false],
  ['n\r', false],
  ['yikes\r', false],
])('the answer %j to a question means %s', async (keys, meant) => {
  const asking = askingContext(tmpdir(), [keys]);
  expect(await confirm('Remove 2 entities?', asking.context)).toBe(meant);
  expect(asking.shown()).toContain('Remove 2 entities? [y/N] ');
});

test('what is typed is shown, unless it is hidden', async () => {
  const asking = askingContext(tmpdir(), ['ada\r']);
  expect(await askText('User', asking.context)).toBe('ada');
  expect(asking.shown()).toContain('a');
});

test('nobody is asked where a stream is no terminal', () => {
  const { context } = askingContext(tmpdir(), []);
  expect(canAsk(context)).toBe(true);
  expect(canAsk({ ...context, stdin: undefined })).toBe(false);
  expect(canAsk({ ...context, stderr: { write: () => true } })).toBe(false);
});
