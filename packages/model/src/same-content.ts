/** Whether two values of configuration say the same. A key without a value is as good as none. */
export function sameContent(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one)) return Array.isArray(other) && sameList(one, other);
  return !Array.isArray(other) && sameFields(one as Fields, other as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, index) => sameContent(item, other[index]));
}

function sameFields(one: Fields, other: Fields): boolean {
  for (const key of Object.keys(one)) {
    const theirs = Object.hasOwn(other, key) ? other[key] : undefined;
    if (!sameContent(one[key], theirs)) return false;
  }
  return Object.keys(other).every((key) => other[key] === undefined || Object.hasOwn(one, key));
}
