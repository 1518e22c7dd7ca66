import { defineCollection } from '../store/collections.ts';

/** Which leader may commit: the one whose token stands here. */
export type Fence = { readonly token: number; readonly holder: string };

/** One document for each name that is led. Not part of a backup: elsewhere somebody else leads. */
export const fences = defineCollection<Fence>('fences', {}, { transient: true });
