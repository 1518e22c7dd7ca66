import { errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';

/** Reasons for which a client connection is closed without an answer, and for which a retry is not made. */
const silentReasons = ['TOO_MANY_CONNECTIONS', 'RETRY_BUDGET_SPENT'] as const;

/** Why the gateway itself turned something away: the code of the error it answered with, or a reason it kept silent about. */
export type RejectReason = ErrorCode | (typeof silentReasons)[number];

/** All reasons, in the order of their counters in memory. */
export const rejectReasons: readonly RejectReason[] = [...(Object.keys(errorCodes) as ErrorCode[]), ...silentReasons];
