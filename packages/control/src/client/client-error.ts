import type { ProblemResource } from '@sluice/model/api';

/** The API answered, but not with a success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Such as `CONFLICT`; `UNKNOWN` when something else than the API answered. */
  readonly code: string;
  readonly status: number;
  /** A line for each problem. */
  readonly details: readonly ProblemResource[];
  /** To be found in the log and in the audit log of the server. */
  readonly traceId: string | undefined;
  /** Seconds after which another attempt makes sense. */
  readonly retryAfter: number | undefined;

  constructor(message: string, facts: Pick<ApiError, 'code' | 'status' | 'details' | 'traceId' | 'retryAfter'>) {
    super(message);
    this.code = facts.code;
    this.status = facts.status;
    this.details = facts.details;
    this.traceId = facts.traceId;
    this.retryAfter = facts.retryAfter;
  }
}

/** No answer came: nobody listens, the connection broke, or it took too long. What was asked may have happened. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** The error that an answer tells of. */
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

interface Told {
  readonly code: string;
  readonly message: string;
  readonly details: readonly ProblemResource[];
  readonly traceId: string;
}

/** What a body says in the shape of the API; undefined when something else answered, such as a proxy between. */
function readError(text: string): Told | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<Told> };
    const isError =
      typeof error?.code === 'string' && typeof error.message === 'string' && Array.isArray(error.details);
    return isError ? (error as Told) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
