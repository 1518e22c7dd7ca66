import type { Problem } from '@sluice/model';
import type { Document } from './entities.ts';

/** A document that is right, in the form in which it is kept; or what is wrong with it. */
export type ReadDocument =
  | { readonly ok: true; readonly id: string; readonly document: Document }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads what users wrote: puts back what answers hide from the document that is kept, checks it, and fills in its defaults. */
export interface DocumentReader {
  backend(document: Document, kept?: Document): ReadDocument;
  /** `backends` finds the shared ones. With `split`, what a deployment writes into the document is read too. */
  route(
    document: Document,
    backends: (id: string) => Document | undefined,
    options?: { readonly split?: boolean; readonly kept?: Document | undefined },
  ): ReadDocument;
}

/** Takes documents as they are: they were read from a configuration that has been found right as a whole. */
export const readAlready: DocumentReader = {
  backend: (document) => ({ ok: true, id: document['backendId'] as string, document }),
  route: (document) => ({ ok: true, id: document['routeId'] as string, document }),
};
