import { fullChunk, spanKinds } from '@sluice/service/otlp';
import type { Span, SpanChunk } from '@sluice/service/otlp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SpanOutbox } from './span-outbox.ts';

const span: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  flags: 1,
  kind: spanKinds.server,
  name: 'GET',
  start: 1,
  end: 2,
  attributes: { padding: 'x'.repeat(1000) },
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(): { readonly outbox: SpanOutbox; readonly sent: { chunk: SpanChunk; dropped: number }[] } {
  const sent: { chunk: SpanChunk; dropped: number }[] = [];
  return { outbox: new SpanOutbox((chunk, dropped) => sent.push({ chunk, dropped })), sent };
}

test('spans are handed over by the second, and nothing is when there are none', () => {
  const { outbox, sent } = open();
  vi.advanceTimersByTime(3000);
  expect(sent).toEqual([]);

  outbox.add(span);
  outbox.add(span);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(sent).toMatchObject([{ chunk: { spans: 2 }, dropped: 0 }]);
  outbox.close();
});

test('a full chunk does not wait', () => {
  const { outbox, sent } = open();
  for (let count = 0; count < 800; count++) outbox.add(span);
  expect(sent.length).toBeGreaterThan(1);
  for (const { chunk } of sent) expect(chunk.bytes.length).toBeGreaterThanOrEqual(fullChunk);
  outbox.close();
  expect(sent.reduce((sum, { chunk }) => sum + chunk.spans, 0)).toBe(800);
});

test('a buffer that comes back holds a later chunk, and only a whole one is used again', () => {
  const { outbox, sent } = open();
  outbox.add(span);
  outbox.flush();
  const { buffer } = sent[0].chunk.bytes;
  const back = structuredClone(buffer, { transfer: [buffer] });
  outbox.reuse(new ArrayBuffer(16));
  outbox.reuse(back);
  for (const spans of [2, 3]) {
    for (let count = 0; count < spans; count++) outbox.add(span);
    outbox.flush();
  }
  // The flush before gave it to the writer.
  expect(sent[2].chunk.bytes.buffer).toBe(back);
  expect(sent.map(({ chunk }) => chunk.spans)).toEqual([1, 2, 3]);
  outbox.close();
});

test('while the main thread takes nothing, what is kept is bounded, and what is lost is counted', () => {
  const { outbox, sent } = open();
  for (let count = 0; count < 10_000; count++) outbox.add(span);
  vi.advanceTimersByTime(10_000);
  expect(sent).toHaveLength(16);

  outbox.confirmed();
  expect(sent).toHaveLength(17);
  const kept = sent.reduce((sum, { chunk }) => sum + chunk.spans, 0);
  expect(sent.at(-1)?.dropped).toBe(10_000 - kept);

  outbox.confirmed();
  outbox.add(span);
  outbox.close();
  expect(sent.at(-1)).toMatchObject({ chunk: { spans: 1 }, dropped: 0 });
});
