import type { DeliveryConfig } from '@sluice/model';
import type { Store, Stored } from '../store/index.ts';
import type { Body } from '../store/index.ts';
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

/** The write by which a commit fails when somebody stopped or restarted the line in between. */
export function lineCheck(expect: number | 'absent') {
  return { kind: 'check', collection: deliveryLine, id, expect } as const;
}

/** Why nothing moves forward at a moment (milliseconds since 1970), in words. */
export function standstillAt(
  { freeze }: Pick<DeliveryConfig, 'freeze'>,
  line: LineState,
  now: number,
): { readonly stopped: string | undefined; readonly frozen: string | undefined } {
  const why = line.reason === undefined ? '' : `: ${line.reason}`;
  return {
    stopped: line.stopped ? `The line is stopped by ${line.by ?? 'somebody'}${why}.` : undefined,
    frozen: freezeAt(freeze, now),
  };
}
