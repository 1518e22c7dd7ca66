import type { Write } from '../store/store.ts';
import type { AuditBody } from './collections.ts';
import type { Page, PageOf } from './principal.ts';

/** What to write down; the log adds the id and the time. Details must not hold secrets; those named like one are hidden. */
export type AuditEntry = Omit<AuditBody, 'at'>;

/** An entry of the log. */
export type AuditRecord = AuditBody & { readonly auditId: string };

/** Which entries. `since` is included, `until` is not; both ISO 8601 in UTC. */
export interface AuditQuery extends Page {
  readonly eventType?: string | undefined;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly user?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The audit log: entries are added, never changed, and taken away by retention alone. */
export interface Audit {
  /** The entry as a write, to be committed together with the change it is about. */
  auditWrite(entry: AuditEntry): Write;
  /**
   * Writes down what came with no change, such as a denial. From one address at most 10 a second are written one by one;
   * the others are counted, and their number becomes one entry. Rejects with a StoreUnavailableError.
   */
  record(entry: AuditEntry): Promise<void>;
  /** The newest first. */
  find(query: AuditQuery): Promise<PageOf<AuditRecord>>;
  /** Lets go of the entries before a moment, and tells how many those were. */
  prune(olderThan: Date): Promise<number>;
  /** Writes the counts that are left. */
  close(): Promise<void>;
}
