import { defineCollection } from '../store/collections.ts';
import type { Documents, EntityChange, EntityType } from './entities.ts';

/** A route or shared backend as it is kept. */
export type EntityBody<T extends EntityType = EntityType> = {
  readonly entityId: string;
  readonly name: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly document: Documents[T];
};

/** A revision as it is kept. */
export type RevisionBody = {
  readonly number: number;
  readonly at: string;
  readonly authorKind: string;
  readonly author: string;
  readonly authorId?: string | undefined;
  readonly reason?: string | undefined;
  readonly changeCount: number;
  readonly summary: readonly string[];
  readonly restoredFrom?: number | undefined;
};

/** What a revision did to one entity, as it is kept. */
export type ChangeBody = EntityChange & { readonly revision: number; readonly at: string };

/** Where the history stands. Every change writes it, so that changes come one after the other. */
export type HeadBody = {
  readonly revision: number;
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one. Missing where neither was done. */
  readonly revisionAt?: string | undefined;
};

/** The routes as they are now. Names are unique because changes come one after the other, each checked against all. */
export const routes = defineCollection<EntityBody<'route'>>('routes', { entityId: 'text', name: 'text' });

/** The shared backends as they are now. */
export const backends = defineCollection<EntityBody<'backend'>>('backends', { entityId: 'text', name: 'text' });

/** Who changed what, when and why. */
export const revisions = defineCollection<RevisionBody>(
  'revisions',
  { number: 'number', at: 'text' },
  { appendOnly: true },
);

/** The changes of each revision, one document for each entity. */
export const revisionChanges = defineCollection<ChangeBody>(
  'revision_changes',
  { revision: 'number', entityType: 'text', entityId: 'text' },
  { appendOnly: true },
);

/** One document, `head`. */
export const head = defineCollection<HeadBody>('configuration_head', {});

/** A version of a route that is kept for a deployment. */
export type RouteVersionBody = {
  readonly routeId: string;
  readonly configVersion: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly document: Documents['route'];
};

/** Versions of routes that are not live. */
export const routeVersions = defineCollection<RouteVersionBody>('route_versions', {
  routeId: 'text',
  configVersion: 'text',
  createdAt: 'text',
});
