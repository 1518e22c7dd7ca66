import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';

const message = (text: string): { topic: string; text: string } => ({ topic: 'c', text });

test('gives messages back in order and gives up the oldest of too many', () => {
  const outbox = new Outbox({ messages: 2, size: 100 });
  expect([outbox.add(message('a')), outbox.add(message('b')), outbox.add(message('c'))]).toEqual([0, 0, 1]);
  expect([outbox.take(), outbox.take(), outbox.take()]).toEqual([message('b'), message('c'), undefined]);
});

test('gives up as many as it takes for the size, and counts only what waits', () => {
  const outbox = new Outbox({ messages: 10, size: 10 });
  outbox.add(message('aaaaa'));
  outbox.add(message('bbbbb'));
  expect(outbox.add(message('cccccccc'))).toBe(2);
  expect(outbox.take()?.text).toBe('cccccccc');
  outbox.add(message('dddddddddd'));
  expect(outbox.length).toBe(1);
});
