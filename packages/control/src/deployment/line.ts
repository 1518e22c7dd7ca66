import type { DeploymentsConfig, Immutable } from '@sluice/model';
import type { DeliveryLineResource } from '@sluice/model/api';
import type { Store, Stored, Write } from '../store/index.ts';
import { deliveryLine } from './collections.ts';
import { freezeAt } from './freeze.ts';

/** Whether somebody has stopped all deployments. */
export type LineState = Immutable<DeliveryLineResource>;

/** The line as it was read, with its version in the store. */
export interface StoredLine {
  readonly line: LineState;
  readonly version: number | 'absent';
}

/** Why nothing goes forward now, and the write that fails unless this is still so when it is committed. */
export interface FreezeState {
  readonly freeze: { readonly kind: 'stopped' | 'scheduled'; readonly reason: string } | undefined;
  readonly check: Write;
}

const id = 'line';

/** Reads whether the line is stopped. */
export async function readLine(store: Store): Promise<StoredLine> {
  const stored: Stored | undefined = await store.get(deliveryLine, id);
  if (stored === undefined) return { line: { stopped: false }, version: 'absent' };
  return { line: stored.body as LineState, version: stored.version };
}

/** The write that stops the line or frees it. */
export function lineWrite(line: LineState, expect: number | 'absent'): Write {
  return { kind: 'put', collection: deliveryLine, id, body: line, expect };
}

/** The freeze that holds now: somebody stopped the line, or a window of the configuration says so. */
export function freezeNow(
  { freeze: windows }: Pick<DeploymentsConfig, 'freeze'>,
  { line, version }: StoredLine,
  clock: () => number,
): FreezeState {
  const scheduled = freezeAt(windows, clock());
  // A window may begin between the decision and the commit: the clock is asked again when everything else holds.
  const holds = (): boolean => scheduled !== undefined || freezeAt(windows, clock()) === undefined;
  const check: Write = { kind: 'check', collection: deliveryLine, id, expect: version, holds };
  if (!line.stopped)
    return { freeze: scheduled === undefined ? undefined : { kind: 'scheduled', reason: scheduled }, check };
  const why = line.reason === undefined ? '' : `: ${line.reason}`;
  return { freeze: { kind: 'stopped', reason: `The line is stopped by ${line.by ?? 'somebody'}${why}.` }, check };
}
