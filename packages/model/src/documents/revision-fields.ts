import { z } from 'zod';

/** A moment, ISO 8601 in UTC. */
export const timestamp = z.iso.datetime().describe('ISO 8601, UTC.');

/** Number of a revision. */
export const revisionNumber = z.int().min(0).describe('Number of a revision.');
