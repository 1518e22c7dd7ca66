import type { z } from 'zod';
import type { backendConfig, backendReference, ownedBackend } from '../config/backend-config.ts';
import type { splitConfig } from '../deployment/split-config.ts';
import type { DocumentSchema } from './document-schema.ts';
import type { Immutable } from './immutable.ts';
import type { JsonValue } from '../values/json-value.ts';
import type { routeConfig } from '../config/route-config.ts';

/** The document of what a schema describes: JSON with every default filled in, and with durations as text. */
export type DocumentOf<S extends z.ZodType> = Immutable<z.output<Extract<DocumentSchema<S>, z.ZodType>>>;

/** A backend that is written in its route, as it is stored. Its id follows from the names of both. */
export type OwnedBackendDocument = Omit<DocumentOf<typeof ownedBackend>, 'backendId'>;

/** A shared backend as it is stored. */
export type BackendDocument = Omit<DocumentOf<typeof backendConfig>, 'backendId'> & { readonly backendId: string };

/** One of the backends of a route as they are stored: written there, or the id of a shared one. */
export type RouteBackendDocument = OwnedBackendDocument | DocumentOf<typeof backendReference>;

/** How a deployment divides the traffic of a route, as it is stored in the route. */
export type SplitDocument = DocumentOf<typeof splitConfig> & {
  /** The other version of the route. It has no split itself. */
  readonly candidate: RouteDocument;
};

/**
 * A route as it is stored and sent. What an earlier version stored lacks the fields that have been added since: they
 * have their defaults.
 */
export type RouteDocument = Omit<DocumentOf<typeof routeConfig>, 'routeId' | 'backends'> & {
  readonly routeId: string;
  readonly backends: readonly RouteBackendDocument[];
  /** Present while a deployment divides the traffic of the route. Nobody writes it by hand. */
  readonly split?: SplitDocument | undefined;
};

/** A document that nobody has checked: any field may be missing or wrong, and others may be there. */
export type Unchecked<T> = { readonly [K in keyof T]?: JsonValue | undefined };
