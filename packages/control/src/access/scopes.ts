import { InvalidInputError } from './errors.ts';

/** Only people may do these. Keys of older versions may still have these scopes, without effect. */
const ofPeople = new Set(['users:write', 'api-keys:write']);
const pattern = /^(?:\*|[A-Za-z][A-Za-z-]{0,40}:(?:\*|read|write))$/;

/** Returns the scopes without repetitions. Throws an InvalidInputError that names the first bad one. */
export function checkScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0)
    throw new InvalidInputError('scopes', 'must have at least one entry, such as routes:read or *');
  if (scopes.length > 100) throw new InvalidInputError('scopes', 'must have at most 100 entries');
  const bad = scopes.findIndex((scope) => !pattern.test(scope));
  if (bad !== -1) {
    throw new InvalidInputError(`scopes[${bad}]`, 'must be *, <what>:*, <what>:read or <what>:write');
  }
  const useless = scopes.findIndex((scope) => ofPeople.has(scope));
  if (useless !== -1) {
    const [what] = scopes[useless].split(':');
    throw new InvalidInputError(`scopes[${useless}]`, `only people may change ${what}: a key can have ${what}:read`);
  }
  return [...new Set(scopes)];
}

/** Whether one of the scopes covers what is asked for. */
export function covers(scopes: readonly string[], asked: string): boolean {
  const [what] = asked.split(':');
  return scopes.some((scope) => scope === '*' || scope === asked || scope === `${what}:*`);
}
