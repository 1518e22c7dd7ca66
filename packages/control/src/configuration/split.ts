import type { Document } from './entities.ts';

/** What a deployment has written into the document of a route while it runs; undefined when none does. */
export function splitIn(document: Document | undefined): Document | undefined {
  return document?.['split'] as Document | undefined;
}

/** The document of a route without what a deployment has written into it: the route as its users know it. */
export function withoutSplit(document: Document): Document {
  if (splitIn(document) === undefined) return document;
  const { split: _split, ...own } = document;
  return own;
}
