/** The message of whatever was thrown; JavaScript lets anything be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a connection failed: when both addresses of `localhost` fail, the AggregateError has a code but no message. */
export function connectionFailure(error: unknown): string {
  const message = messageOf(error);
  return message === '' && error instanceof Error ? (codeOf(error) ?? error.name) : message;
}

/** Like `messageOf`, with the stack where there is one: for errors that nobody expected. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The `code` of an error of Node or of a driver, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
