import { markHidden } from '@sluice/model';
import type { BackendDocument, Immutable, Problem, RouteDocument } from '@sluice/model';
import type { ChangePreview } from '@sluice/model/api';
import { personBehind } from '../access/index.ts';
import type { ChangeContext, Configuration, EntityChange, Outcome } from '../configuration/index.ts';
import { ConfigurationConflictError, NotFoundError, ValidationError } from '../configuration/index.ts';
import type { Write } from '../store/index.ts';
import { auditChanges, auditFields } from './audit-changes.ts';
import type { Call, Reply } from './call.ts';
import { invalid, Refusal, toDetail } from './refusal.ts';
import { withShortSplit } from './route-splits.ts';
import type { Services } from './services.ts';

type Preview = Immutable<ChangePreview>;

/** How the configuration is changed, and what that is answered with. */
export interface ConfigurationWork<A> {
  readonly run: (context: ChangeContext) => Promise<Outcome>;
  readonly reply: (outcome: Outcome) => Reply<A>;
  /** Writes that are committed with it, beside its audit entries. */
  readonly record?: (outcome: Outcome) => readonly Write[];
}

/**
 * Changes the configuration for a call. The audit entries, and the answer for a second request with the same
 * Idempotency-Key, are committed with the change. A dry run answers what the change comes to.
 */
export async function changeConfiguration<A>(
  { access, configuration }: Pick<Services, 'access' | 'configuration'>,
  call: Call,
  { run, record = () => [], ...work }: ConfigurationWork<A>,
): Promise<Reply<A | Preview>> {
  const { dryRun, reason, ifMatch, emergency } = call;
  if (emergency && reason === undefined) {
    throw invalid([{ path: ['reason'], message: 'an emergency needs a reason, which the audit log records' }]);
  }
  const reply = (outcome: Outcome): Reply<A> => withWarnings(work.reply(outcome), outcome.warnings);
  const context: ChangeContext = {
    author: authorOf(call),
    reason,
    ifMatch,
    dryRun,
    emergency,
    alongside: async (outcome) => [
      ...(emergency ? [emergencyEntry(access, call, outcome)] : []),
      ...(await auditChanges(access.audit, call, outcome)),
      ...record(outcome),
      ...call.remember(reply(outcome)),
    ],
  };
  if (!dryRun) return reply(await run(context));
  try {
    return previewReply({ ...(await run(context)), dryRun });
  } catch (error) {
    return previewReply({ ...refusedOutcome(error, configuration.revision), dryRun });
  }
}

/** Tells of an emergency in an entry of its own, beside those of what it changed. */
function emergencyEntry({ audit }: Services['access'], call: Call, { revision, changes }: Outcome): Write {
  const changed = changes.map(({ entityType, entityId }) => `${entityType} ${entityId}`);
  return audit.auditWrite({
    ...auditFields(call),
    eventType: 'configuration.emergency',
    entityType: 'configuration',
    revision,
    details: {
      operation: call.operation.id,
      reason: call.reason,
      changed: changed.slice(0, 20),
      changes: changes.length,
    },
  });
}

/** Who changes the configuration. */
export function authorOf({ actor }: Call): ChangeContext['author'] {
  if (actor.kind !== 'user' && actor.kind !== 'apiKey') throw new Refusal('FORBIDDEN');
  const { kind, id, name } = actor;
  const person = personBehind(actor);
  return { kind, name, id, ...(person && { person }) };
}

/** What a change came to, or would come to, as an answer. */
export function previewReply(outcome: Omit<Outcome, 'at'> & { readonly dryRun: boolean }): Reply<Preview> {
  return { status: 200, body: previewOf(outcome), etag: outcome.revision };
}

/** What a change came to, as it is answered. */
export function previewOf({
  dryRun,
  revision,
  changed,
  changes,
  problems,
  warnings,
}: Omit<Outcome, 'at'> & { readonly dryRun: boolean }): Preview {
  return {
    dryRun,
    revision,
    changed,
    changes: presentChanges(changes),
    problems: problems.map((problem) => toDetail(problem)),
    warnings: warnings.map((warning) => toDetail(warning)),
  };
}

/** An answer that says what is hardly meant, if anything is. */
export function withWarnings<A>(reply: Reply<A>, warnings: readonly Problem[]): Reply<A> {
  if (warnings.length === 0 || reply.body === undefined) return reply;
  return { ...reply, body: { ...reply.body, warnings: warnings.map((warning) => toDetail(warning)) } };
}

/** Changes as they are answered: always in the same order. */
export function presentChanges(changes: readonly EntityChange[]): Preview['changes'] {
  const keyed = changes.map((change) => ({ key: `${change.entityType} ${change.entityId}`, change }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ change }) => changeOf(change));
}

type Shown = Preview['changes'][number];

function changeOf(change: EntityChange): Shown {
  const { entityType, entityId } = change;
  const before = change.before && shownDocument(change.before);
  const after = change.after && shownDocument(change.after);
  return {
    entityType,
    entityId,
    ...(before && { before }),
    ...(after && { after: before === undefined ? after : markHidden(before, after) }),
  };
}

function shownDocument(document: RouteDocument | BackendDocument) {
  return 'split' in document ? withShortSplit(document) : document;
}

/** Reads the changes of a revision as they are answered; none when it is not kept any more. */
export function changesOf(configuration: Configuration): (revision: number) => Promise<Preview['changes']> {
  return async (revision) => {
    try {
      return presentChanges((await configuration.readRevision(revision)).changes);
    } catch (error) {
      if (error instanceof NotFoundError) return [];
      throw error;
    }
  };
}

/** A dry run tells why the change would be refused; that there is nothing to change, or another version, stays an error. */
function refusedOutcome(error: unknown, revision: number): Omit<Outcome, 'at'> {
  const nothing = { revision, changed: false, changes: [], warnings: [] };
  if (error instanceof ValidationError) return { ...nothing, problems: error.problems };
  if (error instanceof ConfigurationConflictError) {
    return { ...nothing, problems: [{ path: [], message: error.message }] };
  }
  throw error;
}
