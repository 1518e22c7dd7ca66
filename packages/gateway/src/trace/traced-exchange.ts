import type { Segment } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';
import type { Head } from '../http1/head.ts';

/** A route, as far as traces name it. */
export interface TracedRoute {
  readonly name: string;
  readonly pattern: readonly Segment[];
  /** The pattern as it was written. */
  readonly patternText: string;
  readonly version: { readonly name: string; readonly deploymentId: string } | undefined;
}

/** An exchange that has ended, as far as its spans tell of it. */
export interface TracedExchange {
  readonly head: Head;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly path: string;
  readonly query: string;
  /** What the backend got instead, when policies rewrote it. */
  readonly rewrittenPath: string | undefined;
  readonly rewrittenQuery: string | undefined;
  readonly host: string;
  /** The host with its port, as the client named it. */
  readonly authority: string;
  readonly clientAddress: string;
  readonly requestId: string;
  /** When its head had arrived, on the monotonic clock, in milliseconds. */
  readonly arrivedAt: number;
  readonly route: TracedRoute | undefined;
  readonly backend: { readonly name: string } | undefined;
  readonly identity: { readonly tier?: string | undefined } | undefined;
  readonly generation: { readonly revision: number };
  readonly status: number;
  readonly errorCode: ErrorCode | undefined;
  /** Whether an answer has begun, and whether it is the gateway's own. */
  readonly responding: boolean;
  readonly ownAnswer: boolean;
  /** The id of its trace, if that is kept. */
  readonly keptTraceId: string | undefined;
}

type Ending = Pick<TracedExchange, 'status' | 'errorCode' | 'responding' | 'ownAnswer'>;

/** Whether a request failed, through whose fault ever: it got a status from 500 on, or half of an answer. */
export function hasFailed(ending: Ending): boolean {
  return ending.status >= 500 || brokeOff(ending);
}

/** Whether a request failed through no fault of the client. A client can bring its own errors about as often as it likes. */
export function failedInnocently(ending: Ending): boolean {
  const { errorCode } = ending;
  if (errorCode === 'LOOP_DETECTED') return false;
  return hasFailed(ending) && (errorCode === undefined || errorCodes[errorCode].who !== 'client');
}

/** Whether the answer of a backend ended with an error. */
function brokeOff({ errorCode, responding, ownAnswer }: Ending): boolean {
  return errorCode !== undefined && responding && !ownAnswer;
}
