/** Whether a function of a policy returned something to wait for. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Takes note of a failure where nobody waits: a rejection without a handler would end the worker. */
export function noteRejection(returned: unknown, failed: (error: unknown) => void): void {
  if (isPromise(returned)) returned.then(undefined, failed);
}
