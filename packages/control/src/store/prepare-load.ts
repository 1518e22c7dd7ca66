import type { Catalogue } from './catalogue.ts';
import { isId } from './catalogue.ts';
import type { PreparedWrite } from './prepare-commit.ts';
import { encodeBody } from './prepare-commit.ts';
import type { Collection, Dumped } from './store.ts';

/** A checked document of a backup. */
export interface PreparedDocument extends Pick<PreparedWrite, 'text' | 'fields'> {
  readonly collection: Collection;
  readonly id: string;
  readonly version: number;
}

/** Checks a document of a backup. Throws an Error that names the document and says what is wrong. */
export function prepareLoaded(catalogue: Catalogue, { collection: name, id, version, body }: Dumped): PreparedDocument {
  const collection = catalogue.named(name);
  if (collection.transient) throw new Error(`${name} is not part of backups`);
  if (!isId(id)) throw new RangeError(`${name}: an id must be 1 to 256 characters without NUL`);
  if (!Number.isSafeInteger(version) || version < 1) throw new RangeError(`${name}/${id}: not a version: ${version}`);
  return { collection, id, version, ...encodeBody(collection, body) };
}
