import type { Problem } from '@sluice/model';
import type { Document } from '../configuration/index.ts';
import { invalid } from './refusal.ts';

/** Fields of answers that come back with a change, and are not part of the document. */
const readOnly: ReadonlySet<string> = new Set([
  'revision',
  'createdAt',
  'updatedAt',
  'statistics',
  'healthStatus',
  'split',
  'warnings',
]);

/** The document in a body: without what only answers have. The values were read as JSON. */
export function readDocument(body: Readonly<Record<string, unknown>>, ...without: readonly string[]): Document {
  const fields = Object.entries(body).filter(([name]) => !readOnly.has(name) && !without.includes(name));
  return Object.fromEntries(fields) as Document;
}

/** The text in a field of a document; empty when there is none. */
export function textIn(document: Document, field: string): string {
  const value = document[field];
  return typeof value === 'string' ? value : '';
}

/** Refuses a change of what never changes; `null` and nothing leave it as it is. */
export function refuseOther(path: Problem['path'], given: unknown, current: string | undefined): void {
  if (given === undefined || given === null || given === current) return;
  throw invalid([{ path, message: 'never changes: leave it out, or create another' }]);
}
