import { defineCollection } from '../store/index.ts';

/** The stored answer to a POST with an Idempotency-Key. */
export type IdempotencyBody = {
  readonly operation: string;
  /** SHA-256 of the request. */
  readonly requestHash: string;
  readonly expiresAt: string;
  readonly status: number;
  readonly etag?: number | undefined;
  readonly location?: string | undefined;
  /** JSON text, encrypted when it shows a key. */
  readonly answer: string;
  readonly isSealed: boolean;
  /** The answer contains the changes of this revision, which are stored there. */
  readonly changesOf?: number | undefined;
};

/** The ids are hashes of caller and key. Not part of backups. */
export const idempotencyKeys = defineCollection<IdempotencyBody>(
  'idempotency_keys',
  { expiresAt: 'text' },
  { transient: true },
);
