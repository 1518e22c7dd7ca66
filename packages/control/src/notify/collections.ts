import { defineCollection } from '../store/collections.ts';
import type { Body } from '../store/store.ts';

/** Something that a subscriber is still to be told, as it is kept. */
export type NoticeBody = {
  /** Who is to be told: `email`, `grafana`, or `webhook-` and a hash of its URL, which may be secret. */
  readonly subscriber: string;
  /** When it is tried next. */
  readonly dueAt: string;
  /** When it is given up. */
  readonly expiresAt: string;
  /** Tries that failed. */
  readonly failures: number;
  readonly message: Body;
};

/** What subscribers are still to be told: the outbox. Worthless in a backup, since it would be told again. */
export const notices = defineCollection<NoticeBody>(
  'notices',
  { subscriber: 'text', dueAt: 'text', expiresAt: 'text' },
  { transient: true },
);
