export type { ChangeGate, GatedChange } from './change-gate.ts';
export type { Configuration, DeployedDocument } from './configuration.ts';
export { backends, head, revisionChanges, revisions, routes, routeVersions } from './collections.ts';
export type { DocumentReader, ReadDocument } from './document-reader.ts';
export type {
  Author,
  BackendEntity,
  ChangeContext,
  ConfigurationChanges,
  ChangeOf,
  Documents,
  Entity,
  EntityChange,
  EntityType,
  LiveDocuments,
  Outcome,
  Owner,
  Revision,
  WholeConfiguration,
} from './entities.ts';
export { ConfigurationConflictError, NotFoundError, StaleError, ValidationError } from './errors.ts';
export { withoutSplit } from './without-split.ts';
export { pruneHistory } from './prune-history.ts';
export { createModelReader } from './model-reader.ts';
export { createRouteVersions } from './route-versions.ts';
export type { NewRouteVersion, RouteVersion, RouteVersions } from './route-versions.ts';
export { openConfiguration } from './stored-configuration.ts';
