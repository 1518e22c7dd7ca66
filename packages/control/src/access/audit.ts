import type { Body, Store, Write } from '../store/store.ts';
import { auditEntries } from './collections.ts';
import type { AuditBody } from './collections.ts';
import { DenialBudget } from './denial-budget.ts';
import { hideSecrets } from './hide-secrets.ts';
import { personBehind } from './person.ts';
import type { AccessContext, Actor, Page, PageOf } from './principal.ts';
import type { Random } from './secrets.ts';
import { createUuidV7 } from './uuid-v7.ts';

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
  readonly userKind?: Actor['kind'] | undefined;
  readonly personId?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The audit log: entries are added, never changed, and taken away by retention alone. */
export interface Audit {
  /** The entry as a write, to be committed together with the change it is about. */
  auditWrite(entry: AuditEntry): Write;
  /**
   * Writes down what came with no change, such as a denial. At most 10 a second from one address, and 100 in all, are written
   * one by one; the others are counted, and their number becomes one entry for each address. Rejects with a
   * StoreUnavailableError.
   */
  record(entry: AuditEntry): Promise<void>;
  /** The newest first. */
  find(query: AuditQuery): Promise<PageOf<AuditRecord>>;
  /** Lets go of the entries before a moment, and tells how many those were. */
  prune(olderThan: Date): Promise<number>;
  /** Writes the counts that are left. May be called again. */
  close(): Promise<void>;
}

/** What the log works with. */
export interface AuditOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly random: Random;
  /** Calls back once, after so many milliseconds; returns what calls it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void };
}

const pruneAtOnce = 500;
const longestText = 256;

/** Opens the audit log. */
export function createAudit(options: AuditOptions): Audit {
  const { store, clock } = options;
  const nextId = createUuidV7(options);
  const auditWrite = (entry: AuditEntry): Write => ({
    kind: 'put',
    collection: auditEntries,
    id: nextId(),
    body: { ...presentable(entry), at: new Date(clock()).toISOString() },
    expect: 'absent',
  });
  const budget = new DenialBudget({ ...options, write: (entries) => store.commit(entries.map(auditWrite)) });

  return {
    auditWrite,
    async record(entry) {
      if (budget.admit(entry)) await store.commit([auditWrite(entry)]);
    },
    async find({ since, until, limit, offset, ...equal }) {
      const at = since === undefined && until === undefined ? undefined : { ...atLeast(since), ...below(until) };
      const where = { ...equal, at };
      const found = await store.find(auditEntries, { where, orderBy: 'id', descending: true, limit, offset });
      return { items: found.items.map(({ id, body }) => ({ auditId: id, ...body })), total: found.total };
    },
    prune: (olderThan) => prune(store, olderThan.toISOString()),
    close: () => budget.close(),
  };
}

/** The entry of a change of something that access keeps. */
export function changeEntry(
  { actor, address, traceId }: AccessContext,
  what: { readonly eventType: string; readonly entityType: string; readonly entityId: string; readonly details?: Body },
): AuditEntry {
  return { ...what, ...auditedActor(actor), address, traceId, outcome: 'done' };
}

/** Who acts, as an entry says it. */
export function auditedActor(actor: Actor): Pick<AuditEntry, 'user' | 'userKind' | 'userId' | 'personId'> {
  const { kind, name } = actor;
  const person = personBehind(actor);
  return {
    user: name,
    userKind: kind,
    ...((kind === 'user' || kind === 'apiKey') && { userId: actor.id }),
    ...(person && { personId: person.id }),
  };
}

async function prune(store: Store, before: string): Promise<number> {
  let count = 0;
  for (;;) {
    const { items } = await store.find(auditEntries, { where: { at: { below: before } }, limit: pruneAtOnce });
    if (items.length === 0) return count;
    // Content when somebody else was faster, so that two processes may prune at once.
    await store.commit(
      items.map(({ id }) => ({ kind: 'remove', collection: auditEntries, id, expect: 'any', retention: true })),
    );
    count += items.length;
  }
}

/** Denials hold what strangers sent: nothing of it may be too long for the store, or a secret. */
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
