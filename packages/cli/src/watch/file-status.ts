import type { Context } from '../command/command.ts';
import { printable } from '../terminal/printable.ts';
import { styleFor } from '../terminal/style.ts';

/** A route that the file has in another version than the one that serves, as `/health` gives it. */
export interface NotLiveRoute {
  readonly routeId: string;
  readonly lines?: string | undefined;
  readonly state: 'onTrial' | 'held' | 'takenBack';
  readonly deploymentId: string;
  readonly percentage: number;
  readonly why: string;
}

/** How much of the file of a gateway is live, as `/health` gives it. */
export interface FileStatus {
  readonly file: string;
  readonly behind: number;
  readonly notLive: readonly NotLiveRoute[];
}

/** What `/health` says of the file; undefined when its changes are not measured, or when nothing answers. Sends no credentials. */
export async function readFileStatus(url: string): Promise<FileStatus | undefined> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    const { file } = (await response.json()) as { readonly file?: FileStatus };
    return Array.isArray(file?.notLive) ? file : undefined;
  } catch {
    // The command goes on to the management API, which says what is wrong.
    return undefined;
  }
}

const states = { onTrial: 'on trial', held: 'waits', takenBack: 'taken back' } as const;

/** What is not live, a line each, and what to do about it. */
export function fileStatusText({ file, behind, notLive }: FileStatus, { stdout, env }: Context): string {
  const { green, yellow, red } = styleFor(stdout, env);
  if (behind > 0) {
    const text = `is ${behind} ${behind === 1 ? 'save' : 'saves'} older than what is live: nothing of it is applied`;
    return `${yellow('late')}  ${printable(file)} ${text}\n`;
  }
  if (notLive.length === 0) return `${green('live')}  all of ${printable(file)}\n`;
  const lines = notLive.map(({ lines: place = file, routeId, state, percentage, why }) => {
    const share = state === 'takenBack' ? '' : ` with ${percentage} % of the traffic`;
    const colour = state === 'takenBack' ? red : yellow;
    return `${colour(states[state])}${share}  ${printable(place)}  route ${printable(routeId)}: ${printable(why)}\n`;
  });
  const isTakenBack = notLive.some(({ state }) => state === 'takenBack');
  const next = isTakenBack ? 'The version before serves. Correct the file and save it: the change begins anew.\n' : '';
  return lines.join('') + next;
}

/** Whether something is still going to happen by itself. */
export function isUnderWay({ notLive }: FileStatus): boolean {
  return notLive.some(({ state }) => state !== 'takenBack');
}

/** 0 all of it is live, 1 the file is too old to be applied, 4 something was taken back: as of a deployment that is watched. */
export function fileExitCode({ behind, notLive }: FileStatus): number {
  if (behind > 0) return 1;
  return notLive.length === 0 ? 0 : 4;
}
