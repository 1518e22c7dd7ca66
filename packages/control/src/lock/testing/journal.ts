import { defineCollection } from '../../store/collections.ts';

/** What leaders of a test have committed, in order: the id is the number. */
export const entries = defineCollection<{ readonly token: number; readonly holder: string }>('entries', {});

/** How long the journal is: the version of its one document. */
export const heads = defineCollection<{ readonly token: number }>('heads', {});
