import type { RouteDocument, Unchecked } from '@sluice/model';
import { ConflictError } from '../store/store.ts';
import type { Store, Write } from '../store/store.ts';
import { routeVersions } from './collections.ts';
import type { RouteVersionBody } from './collections.ts';
import type { Configuration } from './configuration.ts';
import type { DocumentReader } from './document-reader.ts';
import type { ChangeContext } from './entities.ts';
import { ConfigurationConflictError, NotFoundError, ValidationError } from './errors.ts';

/** A version of a route: the whole route as it would be. Never live by itself; a deployment makes it so. */
export type RouteVersion = RouteVersionBody;

/** A version to store. */
export interface NewRouteVersion {
  readonly routeId: string;
  /** Names it among the versions of the route. */
  readonly configVersion: string;
  /** The whole route; what it leaves out has its default. */
  readonly route: Unchecked<RouteDocument>;
}

/** The versions of routes that wait for a deployment. */
export interface RouteVersions {
  /** Rejects with a NotFoundError, ValidationError or ConfigurationConflictError. A dry run keeps nothing. */
  create(
    version: NewRouteVersion,
    context: Omit<ChangeContext, 'alongside'> & { readonly alongside?: (version: RouteVersion) => readonly Write[] },
  ): Promise<RouteVersion>;
  /** The newest first. */
  list(
    routeId: string,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<{ readonly items: readonly RouteVersion[]; readonly total: number }>;
  get(routeId: string, configVersion: string): Promise<RouteVersion>;
}

/** What versions are kept with. */
export interface RouteVersionsOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly reader: DocumentReader;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Makes the versions of the routes of a configuration. */
export function createRouteVersions(options: RouteVersionsOptions): RouteVersions {
  const { store, configuration, clock } = options;
  return {
    async create({ routeId, configVersion, route }, context) {
      await configuration.refresh();
      const document = readVersion(options, { routeId, route });
      const createdAt = new Date(clock()).toISOString();
      const version = { routeId, configVersion, createdAt, createdBy: context.author.name, document };
      if (context.dryRun === true) return version;
      const id = idOf(routeId, configVersion);
      const alongside = context.alongside?.(version) ?? [];
      try {
        await store.commit([
          { kind: 'put', collection: routeVersions, id, body: version, expect: 'absent' },
          ...alongside,
        ]);
      } catch (error) {
        if (!(error instanceof ConflictError) || error.collection !== routeVersions.name) throw error;
        throw new ConfigurationConflictError(
          `route ${routeId} has a version ${configVersion} already: choose another name`,
        );
      }
      return version;
    },
    async list(routeId, page) {
      requireRoute(configuration, routeId);
      const found = await store.find(routeVersions, {
        ...page,
        where: { routeId },
        orderBy: 'createdAt',
        descending: true,
      });
      return { items: found.items.map(({ body }) => body), total: found.total };
    },
    async get(routeId, configVersion) {
      const stored = await store.get(routeVersions, idOf(routeId, configVersion));
      if (stored === undefined) throw new NotFoundError(`route ${routeId} has no version ${configVersion}`);
      return stored.body;
    },
  };
}

function readVersion(
  { configuration, reader }: RouteVersionsOptions,
  { routeId, route }: { readonly routeId: string; readonly route: Unchecked<RouteDocument> },
): RouteDocument {
  requireRoute(configuration, routeId);
  const read = reader.route(
    { ...route, routeId: route.routeId ?? routeId },
    (id) => configuration.sharedBackend(id)?.document,
    { kept: configuration.route(routeId)?.document },
  );
  if (!read.ok) throw new ValidationError(read.problems);
  if (read.id !== routeId) {
    throw new ValidationError([{ path: ['routeId'], message: `is ${routeId}: a version is one of the same route` }]);
  }
  return read.document;
}

function requireRoute(configuration: Configuration, routeId: string): void {
  if (configuration.route(routeId) === undefined) throw new NotFoundError(`there is no route ${routeId}`);
}

/** Names of routes hold no `~`, so no two pairs make the same id. */
function idOf(routeId: string, configVersion: string): string {
  return `${routeId}~${configVersion}`;
}
