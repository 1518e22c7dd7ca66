export { savedFiles } from './collections.ts';
export type { NotLive, PlaceOf } from './not-live.ts';
export { SavedFile } from './saved-file.ts';
export type { FileContent, FileStatus, SaveOutcome } from './saved-file.ts';
