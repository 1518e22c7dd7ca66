import type { Immutable } from '@sluice/model';
import type { ChangePreview } from '@sluice/model/api';
import type { Write } from '../store/index.ts';
import { EntityConflictError, InvalidInputError } from '../access/index.ts';
import type { AccessContext } from '../access/index.ts';
import { accessContext } from './call.ts';
import type { Call, Reply } from './call.ts';
import type { Services } from './services.ts';

type Preview = Immutable<ChangePreview>;
type Shown = Preview['changes'][number]['before'];

/** A change of a user, key or consumer, and its answer. `T` is the result of the change. */
export interface AccessWork<T, A> {
  readonly entityType: string;
  /** The entity before; left out when there is none. */
  readonly before?: () => Promise<object>;
  readonly run: (context: AccessContext) => Promise<T>;
  readonly entityId: (result: T) => string;
  /** The entity afterwards, without secrets; left out when it is removed. */
  readonly after?: (result: T) => object;
  readonly reply: (result: T) => Reply<A>;
}

/** Changes a user, key or consumer. A dry run answers with the changes it would make. */
export async function changeAccess<T, A>(
  { configuration }: Pick<Services, 'configuration'>,
  call: Call,
  work: AccessWork<T, A>,
): Promise<Reply<A | Preview>> {
  if (!call.dryRun) {
    const remember = (made: unknown): readonly Write[] => call.remember(work.reply(made as T));
    return work.reply(await work.run(accessContext(call, remember)));
  }
  const { revision } = configuration;
  const before = work.before && shown(await work.before());
  const preview = { dryRun: true, revision, changed: false, changes: [], problems: [], warnings: [] };
  try {
    const result = await work.run(accessContext(call));
    const after = work.after && shown(work.after(result));
    if (JSON.stringify(before) === JSON.stringify(after)) return { status: 200, body: preview };
    const change = { entityType: work.entityType, entityId: work.entityId(result), before, after };
    return { status: 200, body: { ...preview, changed: true, changes: [change] } };
  } catch (error) {
    return { status: 200, body: { ...preview, problems: [problemOf(error)] } };
  }
}

function problemOf(error: unknown): { path: string; message: string } {
  if (error instanceof InvalidInputError) return { path: error.field, message: error.message };
  if (error instanceof EntityConflictError) return { path: '', message: error.message };
  throw error;
}

/** The entity as JSON, without the fields that differ after every change. */
function shown(entity: object): Shown {
  const {
    version: _version,
    updatedAt: _updatedAt,
    ...rest
  } = JSON.parse(JSON.stringify(entity)) as Record<string, unknown>;
  return rest as Shown;
}
