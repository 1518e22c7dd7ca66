import { describe, expect, test } from 'vitest';
import { endOfValue, wordsOf } from './field-value.ts';
import { Head } from './head.ts';
import { parseRequestHead } from './parse-head.ts';

/** Every byte, and whether a field value may hold it (RFC 9110 §5.5). */
const bytes = Array.from({ length: 256 }, (_, byte) => ({ byte, allowed: byte === 9 || (byte >= 32 && byte !== 127) }));
const longLength = 400;

describe('endOfValue', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'stops at each forbidden byte behind offset %i, with words and without',
    (from) => {
      const wrong: string[] = [];
      for (const { byte, allowed } of bytes) {
        for (let place = from; place < from + 18; place++) {
          const buffer = Buffer.alloc(longLength, 'a');
          buffer[place] = byte;
          buffer[30] = 13;
          const expected = allowed ? 30 : place;
          const found = [undefined, wordsOf(buffer, longLength)].map((words) =>
            endOfValue(buffer, words, from, longLength),
          );
          if (found.some((at) => at !== expected)) wrong.push(`${byte} at ${place}: ${found.join()}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  test('does not look beyond the end', () => {
    const buffer = Buffer.concat([Buffer.alloc(longLength, 'a'), Buffer.from('\r\n\r\n\r\n\r\n')]);
    for (let end = 0; end < 40; end++) expect(endOfValue(buffer, wordsOf(buffer, longLength), 0, end)).toBe(end);
    expect(endOfValue(buffer, wordsOf(buffer, longLength), longLength - 3, buffer.length)).toBe(longLength);
  });

  test('reads a buffer that lies within a larger one, and no bytes of the one before', () => {
    const store = Buffer.alloc(4 * longLength, 'a');
    store[longLength + 20] = 10;
    store[2 * longLength + 7] = 10;
    for (const [start, expected] of [
      [longLength, 20],
      [2 * longLength, 7],
      [3 * longLength, longLength],
      [longLength, 20],
    ] as const) {
      const part = store.subarray(start, start + longLength);
      expect(endOfValue(part, wordsOf(part, longLength), 0, longLength)).toBe(expected);
    }
  });
});

test('judges each byte of a long head as it does those of a short one', () => {
  const padding = `X-Padding: ${'x'.repeat(longLength)}\r\n`;
  for (const { byte, allowed } of bytes) {
    for (const place of [0, 1, 7, 8, 9, 30]) {
      const value = `y${'y'.repeat(place)}${String.fromCharCode(byte)}${'y'.repeat(20)}`;
      const text = Buffer.from(`GET / HTTP/1.1\r\nX: ${value}\r\n${padding}\r\n`, 'latin1');
      const head = new Head();
      const fault = parseRequestHead(head, text, 0, text.length, 10);
      expect(fault, `byte ${byte} at ${place}`).toBe(allowed ? undefined : 'malformed');
      expect(head.get('x')).toBe(allowed ? value : undefined);
    }
  }
});
