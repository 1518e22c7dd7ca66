import { suggestion } from '@sluice/model';
import { operationList } from '@sluice/model/api';
import { InvalidInputError } from './errors.ts';

/** Only people may do these. Keys of older versions may still have these scopes, without effect. */
const ofPeople = new Set(['users:write', 'api-keys:write']);

/** Every scope that means something: those that operations ask for, and `*` for all of one kind or of every kind. */
const known: ReadonlySet<string> = new Set([
  '*',
  ...operationList.flatMap(({ scope }) => (scope === undefined ? [] : [scope, scope.replace(/:.*/, ':*')])),
]);

/** Returns the scopes without repetitions. Throws an InvalidInputError that names the first bad one. */
export function checkScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0)
    throw new InvalidInputError('scopes', 'must have at least one entry, such as routes:read or *');
  if (scopes.length > 100) throw new InvalidInputError('scopes', 'must have at most 100 entries');
  const useless = scopes.findIndex((scope) => ofPeople.has(scope));
  if (useless !== -1) {
    const [what] = scopes[useless].split(':');
    throw new InvalidInputError(`scopes[${useless}]`, `only people may change ${what}: a key can have ${what}:read`);
  }
  const bad = scopes.findIndex((scope) => !known.has(scope));
  if (bad !== -1) throw new InvalidInputError(`scopes[${bad}]`, unknownScope(scopes[bad]));
  return [...new Set(scopes)];
}

function unknownScope(scope: string): string {
  return `is not a scope${suggestion(scope, known)}; the scopes are ${[...known].join(', ')}`;
}

/** Whether one of the scopes covers what is asked for. */
export function covers(scopes: readonly string[], asked: string): boolean {
  const [what] = asked.split(':');
  return scopes.some((scope) => scope === '*' || scope === asked || scope === `${what}:*`);
}
