export type { Configuration } from './configuration.ts';
export { backends, head, revisionChanges, revisions, routes } from './collections.ts';
export { describeChange } from './describe-change.ts';
export type { DocumentReader, ReadDocument } from './document-reader.ts';
export type {
  Author,
  BackendEntity,
  ChangeContext,
  ConfigurationChanges,
  Document,
  Entity,
  EntityChange,
  EntityType,
  Outcome,
  Owner,
  Revision,
  WholeConfiguration,
} from './entities.ts';
export { ConfigurationConflictError, NotFoundError, StaleError, ValidationError } from './errors.ts';
export { pruneHistory } from './prune-history.ts';
export { openConfiguration } from './stored-configuration.ts';
