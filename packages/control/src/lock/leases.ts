import { defineCollection } from '../store/collections.ts';

/** Who holds a name; nobody when `holder` is missing. Each renewal makes a new version of the document. */
export type LeaseBody = { readonly ttlMs: number; readonly holder?: string };

/** One document for each name. Not part of a backup: elsewhere somebody else holds it. */
export const leases = defineCollection<LeaseBody>('leases', {}, { transient: true });
