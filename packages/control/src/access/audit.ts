import { removeAll } from '../store/remove-all.ts';
import type { Store, Write } from '../store/store.ts';
import type { AuditEntry } from './audit-entry.ts';
import { auditEntries } from './collections.ts';
import type { AuditBody } from './collections.ts';
import { DenialBudget } from './denial-budget.ts';
import type { DenialBudgetOptions } from './denial-budget.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { Actor, Page, PageOf } from './principal.ts';
import type { Random } from './secrets.ts';
import { createUuidV7 } from './uuid-v7.ts';

/** An entry of the log. */
export type AuditRecord = AuditBody & { readonly auditId: string };

/** Which entries: from `since` until before `until`, both ISO 8601. */
export interface AuditQuery extends Page {
  readonly eventType?: string | undefined;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly user?: string | undefined;
  readonly userKind?: Actor['kind'] | undefined;
  readonly personId?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface AuditOptions extends Omit<DenialBudgetOptions, 'write'> {
  readonly store: Store;
  readonly random: Random;
}

const longestText = 256;

/** The audit log. Entries are never changed, and only retention removes them. */
export class Audit {
  readonly #options: AuditOptions;
  readonly #budget: DenialBudget;
  readonly #nextId: () => string;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#nextId = createUuidV7(options);
    const write = (entries: readonly AuditEntry[]) => options.store.commit(entries.map((one) => this.auditWrite(one)));
    this.#budget = new DenialBudget({ ...options, write });
  }

  /** The entry as a write, to be committed together with the change that it is about. */
  auditWrite(entry: AuditEntry): Write {
    const body = { ...presentable(entry), at: new Date(this.#options.clock()).toISOString() };
    return { kind: 'put', collection: auditEntries, id: this.#nextId(), body, expect: 'absent' };
  }

  /**
   * Writes an entry that belongs to no change, such as a denial. Each second, at most 10 from one address and 100 in all are
   * written one by one. The others are counted, and one entry for each address tells their number. Rejects with a
   * StoreUnavailableError.
   */
  async record(entry: AuditEntry): Promise<void> {
    if (this.#budget.admit(entry)) await this.#options.store.commit([this.auditWrite(entry)]);
  }

  /** Newest first. */
  async find({ since, until, limit, offset, ...equal }: AuditQuery): Promise<PageOf<AuditRecord>> {
    const at = since === undefined && until === undefined ? undefined : { ...atLeast(since), ...below(until) };
    const where = { ...equal, at };
    const query = { where, orderBy: 'id', descending: true, limit, offset };
    const { items, total } = await this.#options.store.find(auditEntries, query);
    return { items: items.map(({ id, body }) => ({ auditId: id, ...body })), total };
  }

  /** Removes the entries from before a time, and returns how many there were. */
  prune(olderThan: Date): Promise<number> {
    const where = { at: { below: olderThan.toISOString() } };
    return removeAll(this.#options.store, auditEntries, where, { retention: true });
  }

  /** Writes the counts that are left. May be called again. */
  close(): Promise<void> {
    return this.#budget.close();
  }
}

/** Denials contain what strangers sent: it must not be too long for the store, and must not show secrets. */
function presentable(entry: AuditEntry): AuditEntry {
  const { eventType, entityType, entityId, user, address, traceId, details } = entry;
  return {
    ...entry,
    eventType: shortened(eventType),
    ...(entityType === undefined ? {} : { entityType: shortened(entityType) }),
    ...(entityId === undefined ? {} : { entityId: shortened(entityId) }),
    user: shortened(user),
    address: shortened(address),
    traceId: shortened(traceId),
    ...(details === undefined ? {} : { details: hideSecrets(details) }),
  };
}

function shortened(text: string): string {
  return text.slice(0, longestText).replaceAll('\0', '').toWellFormed();
}

function atLeast(since: string | undefined): { atLeast?: string } {
  return since === undefined ? {} : { atLeast: new Date(since).toISOString() };
}

function below(until: string | undefined): { below?: string } {
  return until === undefined ? {} : { below: new Date(until).toISOString() };
}
