import type { BackendConfig } from '../config/backend-config.ts';
import type {
  BackendDocument,
  OwnedBackendDocument,
  RouteBackendDocument,
  RouteDocument,
  Unchecked,
} from './documents.ts';

/** Cannot occur in the name of a route or a backend, so the ids of owned backends never equal those of shared ones. */
const separator = '~';

/** The id that the document of a route asks for: its own, or else its name. Undefined when neither is text. */
export function routeIdOf({ routeId, name }: Unchecked<Pick<RouteDocument, 'routeId' | 'name'>>): string | undefined {
  return textOf(routeId ?? name);
}

/** The id that the document of a shared backend asks for: its own, or else its name. */
export function backendIdOf({
  backendId,
  name,
}: Unchecked<Pick<BackendDocument, 'backendId' | 'name'>>): string | undefined {
  return textOf(backendId ?? name);
}

/** The id of a backend that is written in a route and so belongs to it. */
export function ownedBackendId(routeId: string, name: string): string {
  return `${routeId}${separator}${name}`;
}

/** The route of an owned backend and its name there; undefined for the id of a shared backend. */
export function ownerOf(backendId: string): { readonly routeId: string; readonly name: string } | undefined {
  const cut = backendId.indexOf(separator);
  return cut === -1 ? undefined : { routeId: backendId.slice(0, cut), name: backendId.slice(cut + 1) };
}

/** Whether a backend belongs to the route it is written in; the others are shared. */
export function isOwnedBackend({ backendId }: Pick<BackendConfig, 'backendId'>): boolean {
  return ownerOf(backendId) !== undefined;
}

/** The backends that are written in a route. */
export function ownedBackendsOf({ backends }: Pick<RouteDocument, 'backends'>): readonly OwnedBackendDocument[] {
  return backends.filter((backend) => isWritten(backend));
}

/** Whether a backend of a route is written there, and not the id of a shared one. */
export function isWritten(backend: RouteBackendDocument): backend is OwnedBackendDocument {
  return referenceIn(backend) === undefined;
}

/** The id of the shared backend that an item of a route's backends names; undefined when the backend is written there. */
export function referenceIn(item: unknown): string | undefined {
  const { backendId, url } = (item ?? {}) as Unchecked<BackendDocument>;
  return url === undefined ? textOf(backendId) : undefined;
}

/** The ids of the shared backends that a route names, those of the candidate of its deployment included. */
export function sharedBackendsOf({ backends, split }: Unchecked<RouteDocument>): readonly string[] {
  const { candidate } = (split ?? {}) as Unchecked<NonNullable<RouteDocument['split']>>;
  const ofCandidate = ((candidate ?? {}) as Unchecked<RouteDocument>).backends;
  return [...new Set([...referencesIn(backends), ...referencesIn(ofCandidate)])];
}

function referencesIn(backends: unknown): string[] {
  return Array.isArray(backends) ? backends.flatMap((item) => referenceIn(item) ?? []) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
