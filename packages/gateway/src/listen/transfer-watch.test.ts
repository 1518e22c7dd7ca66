import { parseConfig } from '@sluice/model';
import type { ProxyTimeoutsConfig } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { TransferWatch } from './transfer-watch.ts';
import type { TransferProgress } from './transfer-watch.ts';

const timeouts = usualTimeouts();

function usualTimeouts(): ProxyTimeoutsConfig {
  const parsed = parseConfig({ routes: [{ name: 'a', backends: [{ name: 'b', url: 'http://b' }] }] });
  if (!parsed.ok) throw new Error('the configuration of this test is not valid');
  return parsed.config.proxy.timeouts;
}

/** Looks every 5 s at a client that does `perSecond` of something; after how many seconds it was too slow. */
function secondsUntilTooSlow(perSecond: number, owes: Pick<TransferProgress, 'owesBody' | 'owesReading'>): number {
  const watch = new TransferWatch();
  let seconds = watch.start({ received: 0, taken: 0 }, timeouts) / 1000;
  for (; seconds <= 300; seconds += 5) {
    const done = perSecond * seconds;
    const facts = { received: owes.owesBody ? done : 0, taken: owes.owesReading ? done : 0, ...owes };
    if (watch.look(facts, timeouts) === 'too slow') return seconds;
  }
  return Infinity;
}

describe('with the default settings', () => {
  const uploads = { owesBody: true, owesReading: false };
  const reads = { owesBody: false, owesReading: true };

  test.each([
    [0, 5],
    [300, 5],
    [499, 5],
    [500, Infinity],
    [5000, Infinity],
  ])('an upload of %i B/s ends after %d s', (rate, seconds) => {
    expect(secondsUntilTooSlow(rate, uploads)).toBe(seconds);
  });

  test.each([
    [0, 30],
    [1, 30],
    [499, 30],
    [500, Infinity],
  ])('a response that is read at %i B/s ends after %d s', (rate, seconds) => {
    expect(secondsUntilTooSlow(rate, reads)).toBe(seconds);
  });
});

test('a client is not blamed for the time in which its body was not wanted', () => {
  const watch = new TransferWatch();
  watch.start({ received: 0, taken: 0 }, timeouts);
  const owing = { taken: 0, owesBody: true, owesReading: false };
  watch.bodyResumes();
  expect(watch.look({ received: 100, ...owing }, timeouts)).toBe(5000);
  expect(watch.look({ received: 5100, ...owing }, timeouts)).toBe(5000);
  expect(watch.look({ received: 5200, ...owing }, timeouts)).toBe('too slow');
});

test('a reader that has caught up owes nothing', () => {
  const watch = new TransferWatch();
  watch.start({ received: 0, taken: 0 }, timeouts);
  expect(watch.look({ received: 0, taken: 10, owesBody: false, owesReading: false }, timeouts)).toBe('over');
});
