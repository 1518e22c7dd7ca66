import { percentile } from '../statistics.ts';
import type { Connection } from './connection.ts';

export interface OpenLoopResult {
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Answers other than 200 and broken connections. */
  readonly errors: number;
  /** Requests answered in time as a share of those that were due. */
  readonly reachedShare: number;
}

/** A timer this late, ms, was kept from running: its requests count from when they were due, not from when it ran. */
const lateMs = 1.5;

/**
 * Sends `rate` requests per second for `seconds`, whether or not earlier ones have been answered. Every millisecond the
 * requests that have fallen due are sent as one batch; one that finds no free connection waits for the next, and its
 * latency is counted from when it was due. So a server that stalls is charged for all requests that the stall delayed.
 */
export function openLoop(
  connections: readonly Connection[],
  request: string,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<OpenLoopResult> {
  const total = Math.round(rate * seconds);
  const dueAt = new Float64Array(total);
  const latencies = new Float64Array(total);
  const free = [...connections];
  let [due, sent, answered, errors, lost] = [0, 0, 0, 0, 0];

  return new Promise((finished) => {
    const start = performance.now();
    let lastTick = start;

    const finish = (): void => {
      clearInterval(timer);
      const took = (performance.now() - start) / 1000;
      const seen = latencies.subarray(0, answered);
      finished({
        p50Micros: percentile(seen, 50) * 1000,
        p99Micros: percentile(seen, 99) * 1000,
        errors: total - answered,
        // The last answers come a little after the end; more than that is a backlog.
        reachedShare: (answered / total) * Math.min(1, (seconds + 0.05) / took),
      });
    };

    const settle = (connection: Connection, index: number, ok: boolean): void => {
      if (ok) latencies[answered++] = performance.now() - (dueAt[index] ?? 0);
      else errors += 1;
      if (!connection.usable) lost += 1;
      if (answered + errors === total || lost === connections.length) finish();
      else if (connection.usable && sent < due) send(connection);
      else if (connection.usable) free.push(connection);
    };

    const send = (connection: Connection): void => {
      const index = sent++;
      connection.request(request).then(
        ({ status }) => settle(connection, index, status === 200),
        () => settle(connection, index, false),
      );
    };

    const timer = setInterval(() => {
      const now = performance.now();
      const late = now - lastTick > lateMs;
      const dueNow = Math.min(total, Math.floor(((now - start) / 1000) * rate));
      for (; due < dueNow; due += 1) dueAt[due] = late ? start + (due / rate) * 1000 : now;
      lastTick = now;
      while (sent < due) {
        const connection = free.pop();
        if (!connection) break;
        send(connection);
      }
    }, 1);
  });
}
