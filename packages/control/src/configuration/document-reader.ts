import type { BackendDocument, Problem, RouteDocument, Unchecked } from '@sluice/model';

/** A document that is right, in the form in which it is stored; or what is wrong with it. */
export type ReadDocument<D = RouteDocument | BackendDocument> =
  | { readonly ok: true; readonly id: string; readonly document: D }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads what users wrote: puts back what answers hide from the stored document, checks it, and fills in its defaults. */
export interface DocumentReader {
  backend(document: Unchecked<BackendDocument>, kept?: BackendDocument): ReadDocument<BackendDocument>;
  /** `backends` finds the shared ones. With `split`, what a deployment writes into the document is read too. */
  route(
    document: Unchecked<RouteDocument>,
    backends: (id: string) => BackendDocument | undefined,
    options?: { readonly split?: boolean; readonly kept?: RouteDocument | undefined },
  ): ReadDocument<RouteDocument>;
}

/** Takes documents as they are: they were read from a configuration that has been found right as a whole. */
export const readAlready: DocumentReader = {
  backend(checked) {
    const document = checked as BackendDocument;
    return { ok: true, id: document.backendId, document };
  },
  route(checked) {
    const document = checked as RouteDocument;
    return { ok: true, id: document.routeId, document };
  },
};
