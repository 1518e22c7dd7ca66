import type { ApiError } from '@sluice/control/client';
import { CommandFailure } from '../command/command.ts';
import { printable } from '../terminal/printable.ts';

/** Where a call went. */
interface Place {
  readonly url: string;
  /** It had no credentials yet: advice to log in would be none. */
  readonly isLogin: boolean;
}

/** An error of a call as one that is told in a line and says what to do; any other error as it is. */
export async function explainApiFailure(error: unknown, place: Place): Promise<unknown> {
  const { ApiError, UnreachableError } = await import('@sluice/control/client');
  if (error instanceof UnreachableError) {
    // What the session has to say comes through the way of a request.
    if (error.cause instanceof CommandFailure) return error.cause;
    if (error.cause instanceof ApiError) return new CommandFailure(apiFailure(error.cause, place), { cause: error });
    return new CommandFailure(`${error.message}; ${adviceFor(error.message)}`, { cause: error });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CommandFailure(`${place.url} did not finish its answer in time`, { cause: error });
  }
  // JSON that is none.
  if (error instanceof SyntaxError) return new CommandFailure(notTheApi(place.url), { cause: error });
  return error instanceof ApiError ? new CommandFailure(apiFailure(error, place), { cause: error }) : error;
}

/** What to say when something else listens there. */
export function notTheApi(url: string): string {
  return `${url} does not answer as the management API of Sluice does: --url or SLUICE_URL names another address`;
}

function adviceFor(message: string): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(message)) {
    return 'its certificate is not trusted: NODE_EXTRA_CA_CERTS=FILE names the authority that issued it';
  }
  return 'is Sluice running there? --url or SLUICE_URL names another address';
}

function apiFailure(
  { status, code, message, details, retryAfter, traceId }: ApiError,
  { url, isLogin }: Place,
): string {
  if (code === 'UNKNOWN') return `${notTheApi(url)} (it answered ${status})`;
  const said = printable(message);
  if (status === 401) return isLogin ? said : `${said}; log in (sluice login --url ${url}) or give another token`;
  if (code === 'PASSWORD_CHANGE_REQUIRED') return `${said} (sluice login --url ${url} asks for a new one)`;
  if (status === 403) {
    if (/scope/.test(said)) return `${said}: use a key that has it`;
    return /the role/.test(said) ? `${said}: somebody with the role for it has to do this` : said;
  }
  if (status === 429) return `too many requests: try again in ${retryAfter ?? 60} s`;
  if (status >= 500) return `${said} (trace id ${printable(traceId ?? 'unknown')})`;
  const more = details.map((problem) =>
    printable(problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`),
  );
  // A message often says the same as its only detail.
  return [said, ...more.filter((text) => !said.includes(text))].join('; ');
}
