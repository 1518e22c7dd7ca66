import type { ApiError } from '@sluice/control/client';
import { codeOf } from '@sluice/service';
import { CommandFailure } from '../command/command.ts';
import { printable } from '../terminal/printable.ts';

/** A call that failed. */
interface Place {
  readonly url: string;
  /** A login itself, so advice to log in would not help. */
  readonly isLogin: boolean;
}

/** The failure of a call as a CommandFailure that says what to do; any other error as it is. */
export async function explainApiFailure(error: unknown, place: Place): Promise<unknown> {
  const { ApiError, UnreachableError } = await import('@sluice/control/client');
  if (error instanceof UnreachableError) {
    // The session of sluice login fails inside of a request.
    if (error.cause instanceof CommandFailure) return error.cause;
    if (error.cause instanceof ApiError) return new CommandFailure(apiFailure(error.cause, place), { cause: error });
    return new CommandFailure(`${error.message}; ${adviceFor(error)}`, { cause: error });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CommandFailure(`${place.url} did not finish its answer in time`, { cause: error });
  }
  // The answer is not JSON.
  if (error instanceof SyntaxError) return new CommandFailure(notTheApi(place.url), { cause: error });
  return error instanceof ApiError ? new CommandFailure(apiFailure(error, place), { cause: error }) : error;
}

/** The message for an address where something else listens. */
export function notTheApi(url: string): string {
  return `${url} does not answer as the management API of Sluice does: use --url or SLUICE_URL for another address`;
}

/** Node names the reason in the code of a cause, such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
function adviceFor(error: Error): string {
  const codes = causesOf(error).map((cause) => codeOf(cause) ?? '');
  if (codes.some((code) => /CERT|UNABLE_TO_/.test(code))) {
    return 'its certificate is not trusted: set NODE_EXTRA_CA_CERTS=FILE to the authority that issued it';
  }
  return 'is Sluice running there? Use --url or SLUICE_URL for another address';
}

function causesOf(error: Error): readonly unknown[] {
  return error.cause instanceof Error ? [error.cause, ...causesOf(error.cause)] : [];
}

function apiFailure({ status, code, message, details, traceId }: ApiError, { url, isLogin }: Place): string {
  if (code === 'UNKNOWN') return `${notTheApi(url)} (it answered ${status})`;
  const said = printable(message);
  if (status === 401) return isLogin ? said : `${said}; log in (sluice login --url ${url}) or give another token`;
  if (code === 'PASSWORD_CHANGE_REQUIRED') return `${said} (sluice login --url ${url} asks for a new one)`;
  // A refusal for too many requests says how long to wait.
  if (status === 403 || status === 429) return said;
  if (status >= 500) return `${said} (trace id ${printable(traceId ?? 'unknown')})`;
  const more = details.map((problem) =>
    printable(problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`),
  );
  // A message often says the same as its only detail.
  return [said, ...more.filter((text) => !said.includes(text))].join('; ');
}
