import { defineCollection } from '../store/index.ts';
import type { Body } from '../store/index.ts';

/** A notice that is still to be sent. */
export type NoticeBody = {
  /** `email`, `grafana`, or `webhook-` and a hash of its URL, which may be secret. */
  readonly subscriber: string;
  /** When it is sent next. */
  readonly dueAt: string;
  /** When it is given up. */
  readonly expiresAt: string;
  /** Tries that failed. */
  readonly failures: number;
  readonly message: Body;
};

/** The outbox. It is not part of backups, because restored notices would be sent again. */
export const notices = defineCollection<NoticeBody>(
  'notices',
  { subscriber: 'text', dueAt: 'text', expiresAt: 'text' },
  { transient: true },
);
