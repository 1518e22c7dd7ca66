import type { ProblemResource } from '@sluice/model/api';

/** The API answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Such as `CONFLICT`; `UNKNOWN` when something other than the API answered. */
  readonly code: string;
  readonly status: number;
  readonly details: readonly ProblemResource[];
  /** Finds the request in the log and in the audit log of the server. */
  readonly traceId: string | undefined;
  /** Seconds to wait before trying again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, answer: Pick<ApiError, 'code' | 'status' | 'details' | 'traceId' | 'retryAfter'>) {
    super(message);
    this.code = answer.code;
    this.status = answer.status;
    this.details = answer.details;
    this.traceId = answer.traceId;
    this.retryAfter = answer.retryAfter;
  }
}

/** There was no answer: nobody listens, the connection broke, or it took too long. The request may have been carried out. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** The error in an answer. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const retryAfter = /^\d+$/.test(headers.get('retry-after') ?? '') ? Number(headers.get('retry-after')) : undefined;
  const text = await response.text();
  const error = readError(text);
  const message = error?.message ?? `the server answered ${status}`;
  return new ApiError(message, {
    code: error?.code ?? 'UNKNOWN',
    status,
    details: error?.details ?? [],
    traceId: error?.traceId,
    retryAfter,
  });
}

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details: readonly ProblemResource[];
  readonly traceId: string;
}

/** The error in a body of the API; undefined when something else answered, such as a proxy. */
function readError(text: string): ErrorBody | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<ErrorBody> };
    const isError =
      typeof error?.code === 'string' && typeof error.message === 'string' && Array.isArray(error.details);
    return isError ? (error as ErrorBody) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
