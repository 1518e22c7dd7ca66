import type { Immutable, Problem } from '@sluice/model';
import type { ChangePreview } from '@sluice/model/api';
import { ForbiddenError } from '../access/index.ts';
import type { AuditEntry } from '../access/index.ts';
import { ConfigurationConflictError, ValidationError } from '../configuration/index.ts';
import { ForbiddenActionError } from '../deployment/index.ts';
import type { Actor } from '../deployment/index.ts';
import type { Write } from '../store/index.ts';
import { auditFields } from './audit-changes.ts';
import type { Call, Reply } from './call.ts';
import { authorOf, withWarnings } from './change-configuration.ts';
import { Denial } from './identify.ts';
import { recordDenial } from './record-denial.ts';
import { toDetail } from './refusal.ts';
import type { Services } from './services.ts';

type Preview = Immutable<ChangePreview>;
/** One difference of a dry run. */
export type PreviewChange = Preview['changes'][number];

/** A change of deployments, and the answer to it. `T` is the result of the change. */
export interface DeploymentWork<T, A> {
  readonly run: (context: {
    readonly actor: Actor;
    readonly dryRun: boolean;
    readonly alongside: (result: T) => readonly Write[];
  }) => Promise<T>;
  readonly audit: (result: T) => Pick<AuditEntry, 'eventType' | 'entityType' | 'entityId' | 'details'>;
  /** The differences that a dry run shows. */
  readonly changes: (result: T) => readonly PreviewChange[];
  readonly reply: (result: T) => Reply<A>;
  /** What is allowed but probably a mistake. */
  readonly warnings?: (result: T) => readonly Problem[];
}

/**
 * Changes deployments for a call. The change is committed together with its audit entry and with the answer for a second
 * request with the same Idempotency-Key. A dry run answers with the differences. When another person has to do it, that is a
 * denial, which is audited as well.
 */
export async function changeDeployment<T, A>(
  services: Pick<Services, 'access' | 'configuration' | 'log'>,
  call: Call,
  work: DeploymentWork<T, A>,
): Promise<Reply<A | Preview>> {
  const { access, configuration } = services;
  const { dryRun } = call;
  const { warnings = () => [] } = work;
  const reply = (result: T): Reply<A> => withWarnings(work.reply(result), warnings(result));
  const { revision } = configuration;
  const preview = { dryRun: true, revision, changed: false, changes: [], problems: [], warnings: [] };
  try {
    const result = await work.run({
      actor: actorOf(call),
      dryRun,
      alongside: (made) => [auditWrite(access, call, work.audit(made)), ...call.remember(reply(made))],
    });
    if (!dryRun) return reply(result);
    const changes = work.changes(result);
    const body = { ...preview, changed: changes.length > 0, changes };
    return withWarnings({ status: 200, body }, warnings(result));
  } catch (error) {
    if (error instanceof ForbiddenActionError) throw await denied(services, call, error);
    const problems = dryRun ? problemsOf(error) : undefined;
    if (problems === undefined) throw error;
    return { status: 200, body: { ...preview, problems } };
  }
}

function actorOf(call: Call): Actor {
  return { ...authorOf(call), isAdmin: call.principal?.role === 'Admin' };
}

function auditWrite(
  { audit }: Services['access'],
  call: Call,
  { details, ...entry }: ReturnType<DeploymentWork<unknown, unknown>['audit']>,
): Write {
  return audit.auditWrite({
    ...auditFields(call),
    ...entry,
    details: { operation: call.operation.id, ...details },
  });
}

async function denied(
  services: Pick<Services, 'access' | 'log'>,
  { actor, address, operation, traceId }: Call,
  { message }: ForbiddenActionError,
): Promise<ForbiddenError> {
  const denial = new Denial(actor, new ForbiddenError(message));
  await recordDenial(services, denial, { operation, traceId, peer: { address, isCertified: false } });
  return denial.cause as ForbiddenError;
}

/** Why the change would be refused; undefined for errors that a dry run reports as well. */
function problemsOf(error: unknown): Preview['problems'] | undefined {
  if (error instanceof ValidationError) return error.problems.map((problem) => toDetail(problem));
  if (error instanceof ConfigurationConflictError) return [{ path: '', message: error.message }];
  return undefined;
}
