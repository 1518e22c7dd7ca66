import type { ConsumerSource } from './consumer-news.ts';
import type { NodeChanges } from './node-changes.ts';
import type { NodeReport } from './node-report.ts';

/** The header by which a node proves that it is the one that used its name before. */
export const nodeKeyHeader = 'x-sluice-node-key';

/** A question for changes. */
export interface ChangesRequest {
  readonly nodeId: string;
  /** The revision that the node has; 0 for none. */
  readonly since: number;
  /** The history of that revision. Without one the answer is whole. */
  readonly lineage?: string | undefined;
  /** When that revision was made, if it is known. */
  readonly revisionAt?: string | undefined;
  /** The node knows that the store has nothing that may replace what it runs. */
  readonly withheld?: boolean | undefined;
  /** How long the answer may wait for something new, in milliseconds; 0 answers at once. */
  readonly waitMs: number;
  /** Ends the question: the promise then rejects, or resolves with nothing new. */
  readonly signal?: AbortSignal | undefined;
}

/** Connects a node to control. Both methods reject with a ControlError when control cannot be reached or refuses. */
export interface ControlConnection {
  /** Resolves as soon as there is a newer revision or a command, or with nothing new when the wait is over. */
  changes(request: ChangesRequest): Promise<NodeChanges>;
  /** Resolves when one control process has the report. */
  report(report: NodeReport): Promise<void>;
  /** Gives up connections. May be called again. */
  close(): Promise<void>;
}

/** A connection by which a node learns of consumers, too. */
export interface NodeConnection extends ControlConnection, ConsumerSource {}

/** Why control gave no answer: it is away, it fails (5xx), it refuses the node (401, 403), or its answer makes no sense. */
export type ControlFailure = 'unreachable' | 'unavailable' | 'unauthorized' | 'garbage';

/** Control did not answer as it should. The message contains no token and may be logged. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly failure: ControlFailure;

  constructor(failure: ControlFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
