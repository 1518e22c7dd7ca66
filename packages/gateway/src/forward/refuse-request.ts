import type { ErrorCode } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import { errorResponse, writeOwnResponse } from './own-response.ts';
import { ownFields } from './response-fields.ts';
import type { WorkerContext } from './worker-context.ts';

/** A request that is refused before it becomes an exchange. */
export interface RefusedRequest {
  readonly code: ErrorCode;
  /** What exactly is wrong, for the error's details; may be empty. */
  readonly reason: string;
  /** The address of the peer. */
  readonly client: string;
}

/**
 * Counts and logs a refused request, and returns the answer as latin1 text. The connection must close after it: nothing
 * can be trusted after bad framing.
 */
export function refuseRequest(worker: WorkerContext, { code, reason, client }: RefusedRequest): string {
  const { telemetry, snapshot, accessLog, redaction } = worker;
  const { status } = errorCodes[code];
  const requestId = worker.newRequestId();
  telemetry.reject(code);
  telemetry.recordUnrouted('', status);
  if (accessLog.wants(snapshot.settings.logRule, { errorCode: code, status, isDetached: false, elapsedMs: () => 0 })) {
    const entry = redaction.entry({
      // What it asked for is not known, or not to be believed.
      method: '',
      path: '',
      protocol: '',
      host: '',
      status,
      error: code,
      reason: redaction.text(reason),
      client,
      requestId,
      durationMs: 0,
      bytesSent: 0,
      attempts: 0,
      revision: snapshot.revision,
    });
    accessLog.log(entry);
  }
  const details = reason === '' ? [] : [reason];
  const response = errorResponse({ code, details, traceId: requestId, accept: undefined });
  const added = ownFields(requestId, snapshot.settings);
  return writeOwnResponse(response, { method: 'GET', close: true, http10: false, added });
}
