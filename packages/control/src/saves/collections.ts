import { defineCollection } from '../store/index.ts';
import type { SaveHistory } from './save-history.ts';

/** One document, `file`: what the file that owns the routes has said, and what came of it. */
export const savedFiles = defineCollection<SaveHistory>('saved_files', {});
