/** Whether two values of configuration say the same. A key without a value is as good as none. */
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
  // What one schema has read has its keys in one order.
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    const value = key === theirs[index] || Object.hasOwn(other, key) ? other[key] : undefined;
    if (!sameContent(one[key], value)) return false;
  }
  return theirs.every((key, index) => key === keys[index] || other[key] === undefined || Object.hasOwn(one, key));
}
