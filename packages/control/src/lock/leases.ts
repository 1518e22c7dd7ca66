import { defineCollection } from '../store/collections.ts';

/** The holder of a name; nobody when `holder` is missing. Each renewal makes a new version of the document. */
export type LeaseBody = { readonly ttlMs: number; readonly holder?: string };

/** One document for each name. Not part of backups, because another installation has another holder. */
export const leases = defineCollection<LeaseBody>('leases', {}, { transient: true });
