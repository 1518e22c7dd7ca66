import { codeOf, messageOf } from '@sluice/service';
import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import { StoreUnavailableError } from '../store.ts';

// Errors of the driver, and error codes of the server, that mean "not now": no connection, no primary, no answer in time.
const awayNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoServerClosedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoOperationTimeoutError',
  'MongoStalePrimaryError',
  'MongoWaitQueueTimeoutError',
  'PoolClosedError',
  'MongoWriteConcernError',
]);
const awayCodes = new Set([
  6, 7, 43, 50, 64, 89, 91, 100, 133, 189, 202, 237, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** Errors of sockets, which the driver passes on as they are when a connection ends while it writes to it. */
const awaySocketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED', 'ETIMEDOUT']);

/** The error as a StoreUnavailableError, if it means that. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof MongoBulkWriteError && (error.errorResponse as unknown) instanceof Error) {
    return asUnavailable(error.errorResponse);
  }
  if (!(error instanceof MongoError)) return awaySocketCodes.has(codeOf(error) ?? '') ? unavailable(error) : error;
  const isAway = awayNames.has(error.name) || (error instanceof MongoServerError && awayCodes.has(Number(error.code)));
  const retryable = error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('ResetPool');
  if (!isAway && !retryable) return error;
  return unavailable(error);
}

function unavailable(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`MongoDB cannot be reached: ${messageOf(cause)}`, { cause });
}

/** Whether the server refused to insert a document because its key exists. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

/** Waits for an insert of a document that may exist already. */
export async function ignoreDuplicate(insert: Promise<unknown>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}
