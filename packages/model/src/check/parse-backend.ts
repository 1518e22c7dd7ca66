import { selfProblem } from './address-problems.ts';
import { backendConfig } from '../config/backend-config.ts';
import type { BackendConfig } from '../config/backend-config.ts';
import { fieldProblems } from './field-problems.ts';
import type { Listener } from './listeners.ts';
import { firstProblems } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import { readable } from './readable.ts';

/** The outcome of reading a shared backend; paths of problems begin at the backend. */
export type ParseBackendResult =
  | { readonly ok: true; readonly backend: BackendConfig }
  | { readonly ok: false; readonly problems: Problem[] };

/** What a backend is checked against. */
export interface BackendContext {
  /** Where the gateway itself listens (`listenersOf`): a backend may not lead back to it. */
  readonly listeners?: readonly Listener[];
}

/**
 * Validates the document of a shared backend and fills in its defaults; reports the first problems at once and never
 * throws. The caller sees to it that name and id are unique.
 */
export function parseBackend(document: unknown, { listeners = [] }: BackendContext = {}): ParseBackendResult {
  const result = backendConfig.safeParse(document, { reportInput: true });
  const { url } = result.success ? result.data : readable(backendConfig, document);
  const message = selfProblem(url, listeners);
  const across = message === undefined ? [] : [{ path: ['url'], message }];
  if (result.success && across.length === 0) return { ok: true, backend: withBackendId(result.data) };
  const fields = result.success ? [] : fieldProblems(result.error.issues, ['backends', 0]);
  return { ok: false, problems: firstProblems(fields, across) };
}

/** A shared backend with its identity: what was written, else its name. */
export function withBackendId<T extends { readonly name: string; readonly backendId?: string | undefined }>(
  backend: T,
): T & { readonly backendId: string } {
  return { ...backend, backendId: backend.backendId ?? backend.name };
}
