import { defineCollection } from '../store/collections.ts';

/** Only the leader with this token may commit. */
export type Fence = { readonly token: number; readonly holder: string };

/** One document for each leader's name. Not part of backups, because another installation has another leader. */
export const fences = defineCollection<Fence>('fences', {}, { transient: true });
