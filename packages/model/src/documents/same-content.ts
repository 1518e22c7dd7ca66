/** Whether two values of a configuration are equal. A key whose value is undefined counts as absent. */
export function sameContent(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one)) return Array.isArray(other) && sameList(one, other);
  return !Array.isArray(other) && sameFields(one as Fields, other as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (!sameContent(one[index], other[index])) return false;
  return true;
}

function sameFields(one: Fields, other: Fields): boolean {
  const [keys, theirs] = [Object.keys(one), Object.keys(other)];
  // Values that one schema has read have their keys in the same order.
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    const value = key === theirs[index] || Object.hasOwn(other, key) ? other[key] : undefined;
    if (!sameContent(one[key], value)) return false;
  }
  return theirs.every((key, index) => key === keys[index] || other[key] === undefined || Object.hasOwn(one, key));
}
