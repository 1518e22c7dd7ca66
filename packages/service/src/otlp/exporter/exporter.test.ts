import { expect, test } from 'vitest';
import type { LogFields, Logger } from '../../logger.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { SpanBuffer } from '../span-buffer.ts';
import { decodeOtlp } from '../testing/otlp-messages.ts';
import { OtlpExporter } from './exporter.ts';
import type { SendOutcome } from './sender.ts';

const accepted: SendOutcome = { kind: 'accepted', rejected: 0, reason: '' };
const queueBytes = 32 * 1024;
const away: SendOutcome = { kind: 'later', reason: 'the connection failed (ECONNREFUSED)' };

test('what was added arrives with its resource, in the order in which it came', async () => {
  const { exporter, clock, requests } = setUp(() => accepted);
  exporter.add(...spansOf('a', 'b'));
  exporter.add(...spansOf('c'));
  await clock.advance(0);

  expect(requests.flat()).toEqual(['a', 'b', 'c']);
  expect(exporter.counts()).toEqual({
    signal: 'traces',
    sent: 3,
    failures: 0,
    dropped: { queueFull: 0, refused: 0, expired: 0, stopped: 0, busy: 0 },
    queueBytes: 0,
  });
});

test('two requests are on their way at most, and what comes meanwhile is one batch', async () => {
  const { exporter, clock, requests, answer } = setUp(() => undefined);
  for (const name of ['a', 'b', 'c', 'd']) exporter.add(...spansOf(name));
  await clock.advance(0);
  expect(requests).toEqual([['a'], ['b']]);

  answer(accepted);
  await clock.advance(0);
  expect(requests).toEqual([['a'], ['b'], ['c', 'd']]);
});

test('the buffer of a request is used again once the collector took it, and not after a failure', async () => {
  const outcomes = [accepted, away, accepted, accepted];
  const { exporter, clock, bodies } = setUp(() => outcomes.shift());
  for (const name of ['a', 'b', 'c']) {
    exporter.add(...spansOf(name));
    await clock.advance(1_000);
  }
  const [first, failed, again, last] = bodies.map(({ buffer }) => buffer);
  expect([failed === first, again === first, last === again]).toEqual([true, false, true]);
});

test('a batch is about a megabyte at most', async () => {
  const { exporter, clock, requests, answer } = setUp(() => undefined, 8 * 1024 * 1024);
  exporter.add(...spansOf('first'));
  exporter.add(...spansOf('second'));
  for (let count = 0; count < 5; count++) exporter.add(...largeSpan(`large ${count}`, 400 * 1024));
  answer(accepted);
  await clock.advance(0);
  expect(requests).toEqual([['first'], ['second'], ['large 0', 'large 1']]);
});

test('while the collector is away, one request at a time is tried with growing pauses; then everything arrives in order', async () => {
  let outcome: SendOutcome = away;
  const { exporter, clock, requests, lines } = setUp(() => outcome);
  exporter.add(...spansOf('a'));
  await clock.advance(0);
  exporter.add(...spansOf('b'));
  // Half a second, one, two, four: with jitter at its longest.
  await clock.advance(7_499);
  expect(requests).toEqual([['a'], ['a', 'b'], ['a', 'b'], ['a', 'b']]);
  expect(exporter.counts()).toMatchObject({ failures: 4, sent: 0 });
  expect(exporter.counts().queueBytes).toBeGreaterThan(0);

  outcome = accepted;
  await clock.advance(1);
  expect(requests.at(-1)).toEqual(['a', 'b']);
  expect(exporter.counts()).toMatchObject({ sent: 2, queueBytes: 0 });
  expect(lines).toEqual([
    [
      'traces cannot be sent; they are kept for a while and sent when the collector is back',
      { collector: 'http://collector', reason: 'the connection failed (ECONNREFUSED)' },
    ],
    ['traces are sent again', { collector: 'http://collector', dropped: 0 }],
  ]);
});

test('one failure alone is no outage', async () => {
  const outcomes = [away, accepted];
  const { exporter, clock, lines } = setUp(() => outcomes.shift());
  exporter.add(...spansOf('a'));
  await clock.advance(1_000);
  expect(exporter.counts()).toMatchObject({ sent: 1, failures: 1 });
  expect(lines).toEqual([]);
});

test('a collector that asks for a longer pause gets it, up to a minute', async () => {
  const outcomes: SendOutcome[] = [{ ...away, afterMs: 30_000 }, { ...away, afterMs: 86_400_000 }, accepted];
  const { exporter, clock, requests } = setUp(() => outcomes.shift());
  exporter.add(...spansOf('a'));
  await clock.advance(29_999);
  expect(requests).toHaveLength(1);
  await clock.advance(1);
  expect(requests).toHaveLength(2);
  await clock.advance(59_999);
  expect(requests).toHaveLength(2);
  await clock.advance(1);
  expect(requests).toHaveLength(3);
});

test('the queue is bounded: what does not fit is dropped and told about once, and the rest arrives', async () => {
  let outcome: SendOutcome = away;
  const { exporter, clock, requests, lines } = setUp(() => outcome);
  for (let count = 0; count < 3; count++) exporter.add(...largeSpan(`kept ${count}`, 10 * 1024));
  await clock.advance(1_000);
  for (let count = 0; count < 3; count++) exporter.add(...largeSpan('too much', 10 * 1024));
  expect(exporter.counts().queueBytes).toBeLessThan(queueBytes);
  expect(exporter.counts().dropped).toMatchObject({ queueFull: 3 });

  outcome = accepted;
  requests.length = 0;
  await clock.advance(10_000);
  expect(requests.flat().toSorted()).toEqual(['kept 0', 'kept 1', 'kept 2']);
  expect(exporter.counts()).toMatchObject({ sent: 3, queueBytes: 0 });
  expect(lines.map(([message]) => message)).toEqual([
    'traces cannot be sent; they are kept for a while and sent when the collector is back',
    'traces are dropped, because the collector does not take them fast enough',
    'traces are sent again',
  ]);
  expect(lines.at(-1)).toEqual(['traces are sent again', { collector: 'http://collector', dropped: 3 }]);
});

test('a small chunk that waits does not keep the large buffer that it came in', async () => {
  const { exporter, clock, requests, answer } = setUp(() => undefined);
  for (const name of ['a', 'b']) exporter.add(...spansOf(name));
  const [span, items] = spansOf('small');
  const buffer = new Uint8Array(80 * 1024);
  buffer.set(span);
  exporter.add(buffer.subarray(0, span.length), items);
  buffer.fill(0);
  answer(accepted);
  await clock.advance(0);
  expect(requests.at(-1)).toEqual(['small']);
});

test('what waited for more than five minutes is dropped', async () => {
  let outcome: SendOutcome = away;
  const { exporter, clock, requests } = setUp(() => outcome);
  exporter.add(...spansOf('old', 'older'));
  await clock.advance(250_000);
  exporter.add(...spansOf('young'));
  await clock.advance(60_000);
  expect(exporter.counts().dropped).toMatchObject({ expired: 2 });

  outcome = accepted;
  await clock.advance(10_000);
  expect(requests.at(-1)).toEqual(['young']);
  expect(exporter.counts()).toMatchObject({ sent: 1, queueBytes: 0 });
});

test('what the collector refuses is not sent again, and what follows is', async () => {
  const outcomes: SendOutcome[] = [
    { kind: 'refused', reason: 'it answered 400' },
    { kind: 'accepted', rejected: 1, reason: 'too old' },
    { kind: 'refused', reason: 'it answered 400' },
    accepted,
  ];
  const { exporter, clock, requests, lines } = setUp(() => outcomes.shift());
  for (const names of [['a', 'b'], ['c', 'd'], ['e'], ['f']]) {
    exporter.add(...spansOf(...names));
    await clock.advance(0);
  }
  expect(requests).toEqual([['a', 'b'], ['c', 'd'], ['e'], ['f']]);
  expect(exporter.counts()).toMatchObject({ sent: 2, failures: 2, dropped: { refused: 4 }, queueBytes: 0 });
  // The same again is not told about for a minute.
  expect(lines).toEqual([
    ['traces were refused by the collector', { collector: 'http://collector', refused: 2, reason: 'it answered 400' }],
  ]);
});

test('a request without an answer is given up after ten seconds', async () => {
  const { exporter, clock, aborted } = setUp(() => undefined);
  exporter.add(...spansOf('a'));
  await clock.advance(9_999);
  expect(aborted()).toBe(false);
  await clock.advance(1);
  expect(aborted()).toBe(true);
});

test('closing sends what waits, at once and whatever the pause', async () => {
  let outcome: SendOutcome = away;
  const { exporter, clock, requests } = setUp(() => outcome);
  exporter.add(...spansOf('a'));
  await clock.advance(0);
  outcome = accepted;
  await exporter.close(2_000);
  expect(requests).toEqual([['a'], ['a']]);
  expect(exporter.counts()).toMatchObject({ sent: 1 });
});

test('closing does not wait for a collector that is away, and says what is lost', async () => {
  const { exporter, clock, lines } = setUp(() => away);
  exporter.add(...spansOf('a', 'b'));
  await clock.advance(0);
  await exporter.close(2_000);
  exporter.add(...spansOf('late'));
  expect(exporter.counts().dropped).toMatchObject({ stopped: 3 });
  expect(lines.at(-1)).toEqual([
    'traces were dropped, because the collector did not take them before the process ended',
    { collector: 'http://collector', dropped: 2 },
  ]);
});

test('closing waits for a silent collector no longer than it may', async () => {
  const { exporter, clock, aborted, lines } = setUp(() => undefined);
  exporter.add(...spansOf('a'));
  let isClosed = false;
  const closing = exporter.close(2_000).then(() => (isClosed = true));
  await clock.advance(1_999);
  expect(isClosed).toBe(false);
  await clock.advance(1);
  await closing;
  await clock.advance(0);
  expect(aborted()).toBe(true);
  expect(exporter.counts()).toMatchObject({ dropped: { stopped: 1 }, queueBytes: 0 });
  expect(lines).toEqual([
    [
      'traces were dropped, because the collector did not take them before the process ended',
      { collector: 'http://collector', dropped: 1 },
    ],
  ]);
});

test('closing without anything to send ends at once, also the second time', async () => {
  const { exporter } = setUp(() => undefined);
  await exporter.close(2_000);
  await exporter.close(2_000);
  expect(exporter.counts()).toMatchObject({ sent: 0, failures: 0 });
});

test('what was lost before it came here is counted, and told about once a minute', async () => {
  const { exporter, clock, lines } = setUp(() => accepted);
  exporter.lost(0);
  expect(lines).toEqual([]);
  exporter.lost(3);
  exporter.lost(4);
  expect(exporter.counts().dropped).toMatchObject({ busy: 7 });
  const line = 'traces are dropped, because this process is too busy to send them';
  expect(lines).toEqual([[line, { collector: 'http://collector', dropped: 3 }]]);
  await clock.advance(60_000);
  exporter.lost(1);
  expect(lines).toHaveLength(2);
});

test('who added something learns whether it was taken, refused or dropped', async () => {
  const outcomes: (SendOutcome | undefined)[] = [accepted, { kind: 'refused', reason: 'it answered 400' }, undefined];
  const { exporter, clock } = setUp(() => outcomes.shift());
  const fates: [string, boolean][] = [];
  const add = async (name: string, size = 1_000): Promise<void> => {
    exporter.add(...largeSpan(name, size), (isTaken) => void fates.push([name, isTaken]));
    await clock.advance(0);
  };
  await add('taken');
  await add('refused');
  await add('on its way');
  await add('too much', queueBytes);
  const closing = exporter.close(0);
  await clock.advance(0);
  await closing;
  await clock.advance(0);
  await add('late');
  expect(fates).toEqual([
    ['taken', true],
    ['refused', true],
    ['too much', false],
    ['on its way', false],
    ['late', false],
  ]);
});

interface Setting {
  readonly exporter: OtlpExporter;
  readonly clock: ManualClock;
  /** The names of the spans of each request. */
  readonly requests: string[][];
  readonly bodies: readonly Uint8Array[];
  /** The log lines. */
  readonly lines: [string, LogFields | undefined][];
  /** Answers the oldest request that waits. */
  answer(outcome: SendOutcome): void;
  /** Whether the last request was given up. */
  aborted(): boolean;
}

/** An exporter whose collector answers with what `outcome` returns; a request without an outcome waits. */
function setUp(outcome: () => SendOutcome | undefined, longestQueue = queueBytes): Setting {
  const clock = createManualClock();
  const requests: string[][] = [];
  const bodies: Uint8Array[] = [];
  const lines: [string, LogFields | undefined][] = [];
  const waiting: ((outcome: SendOutcome) => void)[] = [];
  let last: AbortSignal | undefined;
  const tell = (message: string, fields?: LogFields): void => void lines.push([message, fields]);
  const log: Logger = { debug: tell, info: tell, warn: tell, error: tell };
  const exporter = new OtlpExporter({
    signal: 'traces',
    collector: 'http://collector',
    resource: { 'service.name': 'sluice' },
    version: '1.2.3',
    log,
    clock,
    random: () => 1,
    longestQueue,
    sender: {
      send(body, signal) {
        requests.push(namesIn(body));
        bodies.push(body);
        last = signal;
        const now = outcome();
        if (now !== undefined) return Promise.resolve(now);
        return new Promise((resolve) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => resolve(away));
        });
      },
      close() {},
    },
  });
  return {
    exporter,
    clock,
    requests,
    bodies,
    lines,
    answer: (given) => waiting.shift()?.(given),
    aborted: () => last?.aborted === true,
  };
}

function spansOf(...names: readonly string[]): [Uint8Array, number] {
  const buffer = new SpanBuffer();
  for (const name of names) {
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    buffer.add({ ...ids, flags: 1, kind: 1, name, start: 1, end: 2, attributes: {} });
  }
  const { bytes, spans } = buffer.take();
  return [bytes, spans];
}

/** A span, followed by a field that no decoder knows. */
function largeSpan(name: string, size: number): [Uint8Array, number] {
  const [span, items] = spansOf(name);
  const filler = new Uint8Array(size);
  // Field 100, of bytes, with a length of five bytes.
  filler.set([0xa2, 0x06]);
  const length = size - 7;
  for (let at = 0; at < 5; at++) filler[2 + at] = (Math.floor(length / 2 ** (7 * at)) & 0x7f) | (at < 4 ? 0x80 : 0);
  return [Buffer.concat([span, filler]), items];
}

function namesIn(body: Uint8Array): string[] {
  const request = decodeOtlp('TraceRequest', body) as {
    resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
  };
  return request.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );
}
