import type { Store, Write } from '../store/store.ts';
import { consumers, consumerSubjects } from './collections.ts';
import { EntityConflictError } from './errors.ts';

export interface SubjectChange {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The consumer is new: its id must be nobody's subject. */
  readonly isNew?: boolean;
}

/**
 * The writes that make the subjects of a consumer its own: a subject belongs to one consumer, and the id of a consumer is
 * nobody else's subject. Rejects with an EntityConflictError that names the subject; the writes keep it so until the commit.
 */
export async function subjectWrites(
  store: Pick<Store, 'get'>,
  consumerId: string,
  { before, after, isNew = false }: SubjectChange,
): Promise<readonly Write[]> {
  const added = after.filter((subject) => !before.includes(subject));
  const gone = before.filter((subject) => !after.includes(subject));
  for (const subject of isNew ? [...added, consumerId] : added) {
    const owner = (await store.get(consumerSubjects, subject))?.body.consumerId;
    const isId = subject !== consumerId && (await store.get(consumers, subject)) !== undefined;
    if (owner === undefined && !isId) continue;
    const whose = JSON.stringify(owner ?? subject);
    throw new EntityConflictError(`${JSON.stringify(subject)} is what the consumer ${whose} is called already`);
  }
  const others = added.filter((subject) => subject !== consumerId);
  return [
    ...added.map((id): Write => ({
      kind: 'put',
      collection: consumerSubjects,
      id,
      body: { consumerId },
      expect: 'absent',
    })),
    ...gone.map((id): Write => ({ kind: 'remove', collection: consumerSubjects, id, expect: 'any' })),
    ...others.map((id): Write => ({ kind: 'check', collection: consumers, id, expect: 'absent' })),
    ...(isNew && !added.includes(consumerId)
      ? [{ kind: 'check', collection: consumerSubjects, id: consumerId, expect: 'absent' } as const]
      : []),
  ];
}
