import type { RouteDocument } from '@sluice/model';

/** The document of a route without what a deployment has written into it: the route as its users know it. */
export function withoutSplit(document: RouteDocument): RouteDocument {
  if (document.split === undefined) return document;
  const { split: _split, ...own } = document;
  return own;
}
