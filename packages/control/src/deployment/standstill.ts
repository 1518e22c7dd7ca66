import type { DeliveryConfig } from '@sluice/model';
import type { Body, Store, Stored, Write } from '../store/index.ts';
import { deliveryLine } from './collections.ts';
import type { LineState } from './deployments.ts';
import { freezeAt } from './freeze.ts';

const id = 'line';

/** Whether the line is stopped, as it is kept. */
export async function readLine(
  store: Store,
): Promise<{ readonly line: LineState; readonly version: number | 'absent' }> {
  const stored: Stored | undefined = await store.get(deliveryLine, id);
  if (stored === undefined) return { line: { stopped: false }, version: 'absent' };
  return { line: stored.body as LineState, version: stored.version };
}

/** The write that stops or restarts the line. */
export function lineWrite(line: LineState, expect: number | 'absent') {
  return { kind: 'put', collection: deliveryLine, id, body: line as Body, expect } as const;
}

/** Why nothing moves forward at a moment, in words, and the write that makes sure that this is still so when it is committed. */
export interface Standstill {
  readonly stopped: string | undefined;
  readonly frozen: string | undefined;
  readonly check: Write;
}

/** What there is to a standstill now; `clock` gives milliseconds since 1970. */
export function standstillNow(
  { freeze }: Pick<DeliveryConfig, 'freeze'>,
  { line, version }: Awaited<ReturnType<typeof readLine>>,
  clock: () => number,
): Standstill {
  const why = line.reason === undefined ? '' : `: ${line.reason}`;
  const frozen = freezeAt(freeze, clock());
  // A freeze may begin between the look and the commit: the clock is asked again when all else has been found to hold.
  const holds = (): boolean => frozen !== undefined || freezeAt(freeze, clock()) === undefined;
  return {
    stopped: line.stopped ? `The line is stopped by ${line.by ?? 'somebody'}${why}.` : undefined,
    frozen,
    check: { kind: 'check', collection: deliveryLine, id, expect: version, holds },
  };
}
