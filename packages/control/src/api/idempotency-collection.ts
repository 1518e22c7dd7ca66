import { defineCollection } from '../store/index.ts';

/** The answer to a POST that came with an Idempotency-Key, as it is kept. */
export type IdempotencyBody = {
  readonly operation: string;
  /** SHA-256 of what was asked. */
  readonly requestHash: string;
  readonly expiresAt: string;
  readonly status: number;
  readonly etag?: number | undefined;
  readonly location?: string | undefined;
  /** JSON text; encrypted when it shows a key. */
  readonly answer: string;
  readonly isSealed: boolean;
  /** The answer tells of the changes of this revision, which are kept there. */
  readonly changesOf?: number | undefined;
};

/** Answers to be given again. Ids are hashes of caller and key. Worthless elsewhere, so not part of backups. */
export const idempotencyKeys = defineCollection<IdempotencyBody>(
  'idempotency_keys',
  { expiresAt: 'text' },
  { transient: true },
);
