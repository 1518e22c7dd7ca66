import { consumerLimits } from '@sluice/model';
import type { ConsumerBody } from './collections.ts';
import type { ConsumerPatch } from './consumer.ts';
import { InvalidInputError } from './errors.ts';
import { checkLine, futureTime } from './fields.ts';

const lists = ['scopes', 'roles', 'permissions', 'subjects'] as const;

/** The given fields as they are stored. Throws an InvalidInputError that names the first bad one. */
export function consumerFields(given: ConsumerPatch, now: number): Partial<ConsumerBody> {
  const { name, organization, tier, isEnabled, expiresAt } = given;
  return {
    ...(name === undefined ? {} : { name: checkLine('name', name, 1) }),
    ...(organization === undefined ? {} : { organization: checkLine('organization', organization, 0) }),
    ...(tier === undefined ? {} : { tier: checkLine('tier', tier, 0) }),
    ...Object.fromEntries(lists.flatMap((list) => entriesOf(list, given[list]))),
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(typeof expiresAt === 'string' ? { expiresAt: futureTime('expiresAt', expiresAt, now) } : {}),
  };
}

function entriesOf(list: (typeof lists)[number], texts: readonly string[] | undefined): [string, string[]][] {
  if (texts === undefined) return [];
  const [most, longest] = list === 'subjects' ? [consumerLimits.subjects, 256] : [consumerLimits.names, 128];
  if (texts.length > most) throw new InvalidInputError(list, `must have at most ${most} entries`);
  for (const [index, text] of texts.entries()) checkLine(`${list}[${index}]`, text, 1, longest);
  return [[list, [...new Set(texts)]]];
}
