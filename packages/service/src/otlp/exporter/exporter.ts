import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import { encodeExport } from '../encode-export.ts';
import { ProtoWriter } from '../proto-writer.ts';
import type { Attributes } from '../span.ts';
import { OutageLog } from './outage-log.ts';
import type { OtlpSender, OtlpSignal, SendOutcome } from './sender.ts';

export interface OtlpExporterOptions {
  readonly signal: OtlpSignal;
  readonly sender: OtlpSender;
  /** Where it sends to, as log lines name it. */
  readonly collector: string;
  /** What sends it: the resource of every request. */
  readonly resource: Attributes;
  readonly version: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  /** How many bytes may wait, or be on their way. */
  readonly longestQueue: number;
}

/** Why items did not arrive. */
export const dropReasons = ['queueFull', 'refused', 'expired', 'stopped', 'busy'] as const;
export type DropReason = (typeof dropReasons)[number];

/** What an exporter did so far. */
export interface ExporterCounts {
  readonly signal: OtlpSignal;
  readonly sent: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Requests that did not arrive, or were refused. */
  readonly failures: number;
  /** What waits, or is on its way. */
  readonly queueBytes: number;
}

/** Encoded items that wait. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly items: number;
  readonly since: number;
  readonly done: ((isTaken: boolean) => void) | undefined;
}

/** Far below the 4 MiB that a gRPC server takes by default. */
const longestRequest = 1024 * 1024;
const mostRequests = 2;
const requestTimeoutMs = 10_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** A collector may ask for a longer pause, up to this. */
const longestAskedPauseMs = 60_000;
/** What is older is dropped while the collector is away: what comes now says more. */
const longestWaitMs = 300_000;

/** Sends what the parts of a process have encoded, in batches, and keeps it while the collector is away, up to a bound. */
export class OtlpExporter {
  readonly #options: OtlpExporterOptions;
  readonly #log: OutageLog;
  #queue: Chunk[] = [];
  #queueBytes = 0;
  /** For the bodies of requests. The one of a request that failed is not used again: its socket may still read it. */
  readonly #writers: ProtoWriter[] = [];
  /** What is on its way. */
  readonly #batches = new Set<readonly Chunk[]>();
  /** Failures in a row that may pass by themselves. */
  #failures = 0;
  /** Cancels the pause after a failure; undefined while there is none. */
  #cancelPause: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** Called when nothing waits any more, or the collector is away while the process stops. */
  #settled: (() => void) | undefined;
  readonly #stop = new AbortController();
  readonly #counts = { sent: 0, failures: 0, dropped: { queueFull: 0, refused: 0, expired: 0, stopped: 0, busy: 0 } };

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
    this.#log = new OutageLog(options);
  }

  /**
   * Takes encoded items: fields of a `ScopeSpans` or a `ScopeMetrics`, one after the other. `done` is called once nothing
   * more happens to them: the collector took or refused them (true), or they were dropped (false).
   */
  add(bytes: Uint8Array, items: number, done?: (isTaken: boolean) => void): void {
    const chunk = { bytes: compact(bytes), items, since: this.#options.clock.monotonic(), done };
    if (this.#closing !== undefined) return this.#drop('stopped', [chunk]);
    if (this.#queueBytes + bytes.length > this.#options.longestQueue) return this.#drop('queueFull', [chunk]);
    this.#queue.push(chunk);
    this.#queueBytes += bytes.length;
    this.#send();
  }

  /** Counts items that were dropped before they came here: this thread was too busy to take them. */
  lost(items: number): void {
    this.#counts.dropped.busy += items;
    if (items > 0) this.#log.lost(items);
  }

  counts(): ExporterCounts {
    const { dropped, ...counts } = this.#counts;
    return { ...counts, signal: this.#options.signal, dropped: { ...dropped }, queueBytes: this.#queueBytes };
  }

  /** Sends what waits, for at most `graceMs`, and ends. May be called again. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    // One more try, whatever the pause.
    this.#resume();
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(graceMs, resolve);
      this.#settled = () => {
        cancel();
        resolve();
      };
      this.#settle();
    });
    this.#stop.abort();
    this.#options.sender.close();
    const left = [...[...this.#batches].flat(), ...this.#queue];
    this.#queue = [];
    this.#queueBytes = 0;
    this.#drop('stopped', left);
    if (left.length > 0) this.#log.leftBehind(itemsOf(left));
  }

  #send(): void {
    const most = this.#failures > 0 ? 1 : mostRequests;
    while (this.#queue.length > 0 && this.#batches.size < most && this.#cancelPause === undefined) {
      void this.#deliver(this.#batch());
    }
  }

  #batch(): readonly Chunk[] {
    let size = 0;
    const end = this.#queue.findIndex(({ bytes }, index) => {
      size += bytes.length;
      return index > 0 && size > longestRequest;
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end);
  }

  async #deliver(batch: readonly Chunk[]): Promise<void> {
    const writer = this.#writers.pop() ?? new ProtoWriter();
    const body = encodeExport(
      writer,
      this.#options,
      batch.map(({ bytes }) => bytes),
    );
    this.#batches.add(batch);
    const outcome = await this.#request(body);
    if (outcome.kind === 'accepted') this.#writers.push(writer);
    // What was on its way has been counted as lost.
    if (this.#stop.signal.aborted) return;
    this.#batches.delete(batch);
    this.#finish(batch, outcome);
    this.#send();
    this.#settle();
  }

  async #request(body: Uint8Array): Promise<SendOutcome> {
    const { clock, sender } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(requestTimeoutMs, () => late.abort());
    try {
      return await sender.send(body, AbortSignal.any([late.signal, this.#stop.signal]));
    } finally {
      cancel();
    }
  }

  #finish(batch: readonly Chunk[], outcome: SendOutcome): void {
    const items = itemsOf(batch);
    this.#log.note(outcome, items);
    if (outcome.kind === 'later') {
      this.#queue.unshift(...batch);
      this.#pause(outcome.afterMs);
      return;
    }
    this.#queueBytes -= bytesOf(batch);
    this.#failures = 0;
    if (outcome.kind === 'refused') this.#counts.failures++;
    const refused = outcome.kind === 'refused' ? items : Math.min(outcome.rejected, items);
    this.#counts.sent += items - refused;
    this.#counts.dropped.refused += refused;
    for (const { done } of batch) done?.(true);
  }

  #pause(askedMs: number | undefined): void {
    const { clock, random } = this.#options;
    this.#counts.failures++;
    this.#expire(clock.monotonic() - longestWaitMs);
    const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 10));
    const jittered = full * (0.5 + random() / 2);
    const longer = Math.max(jittered, Math.min(askedMs ?? 0, longestAskedPauseMs));
    this.#cancelPause?.();
    this.#cancelPause = clock.after(longer, () => this.#resume());
  }

  #resume(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#send();
  }

  #expire(before: number): void {
    const expired = this.#queue.filter(({ since }) => since < before);
    if (expired.length === 0) return;
    this.#queue = this.#queue.filter(({ since }) => since >= before);
    this.#queueBytes -= bytesOf(expired);
    this.#drop('expired', expired);
  }

  #drop(reason: Exclude<DropReason, 'refused' | 'busy'>, chunks: readonly Chunk[]): void {
    const items = itemsOf(chunks);
    this.#counts.dropped[reason] += items;
    if (reason !== 'stopped') this.#log.dropped(items);
    for (const { done } of chunks) done?.(false);
  }

  #settle(): void {
    // Nothing waits, or a pause began while the process stops: the collector was asked once more, in vain.
    if (this.#batches.size === 0 && (this.#queue.length === 0 || this.#cancelPause !== undefined)) this.#settled?.();
  }
}

/** Bytes that keep no more memory than twice their length: a worker hands over its whole buffer, however little is in it. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}

function itemsOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { items }) => sum + items, 0);
}

function bytesOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
