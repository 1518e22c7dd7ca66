/** A claim as a rule sees it. Objects are maps, which have no prototype that a name could lead to. */
export type RuleValue = string | number | boolean | null | readonly RuleValue[] | ReadonlyMap<string, RuleValue>;

/** How large claims may be: who issues a token decides what is in it, but not how long a rule takes. */
const most = { values: 1000, entries: 256, depth: 8, text: 32_768 } as const;

/** By the claims as they came. Identities that are cached keep theirs. Undefined stands for claims that are too large. */
const converted = new WeakMap<object, ReadonlyMap<string, RuleValue> | undefined>();

/** Claims for a rule. Throws a RangeError when they are too large, or contain what JSON cannot. */
export function ruleClaims(claims: Readonly<Record<string, unknown>>): ReadonlyMap<string, RuleValue> {
  if (!converted.has(claims)) converted.set(claims, convert(claims));
  const known = converted.get(claims);
  if (known === undefined) throw new RangeError('the claims are too large for a rule');
  return known;
}

function convert(claims: Readonly<Record<string, unknown>>): ReadonlyMap<string, RuleValue> | undefined {
  const left = { values: most.values, text: most.text };
  return mapOf(claims, left, 0);
}

interface Left {
  values: number;
  text: number;
}

/** Undefined when it is too large. */
function mapOf(object: object, left: Left, depth: number): ReadonlyMap<string, RuleValue> | undefined {
  const entries = Object.entries(object);
  if (entries.length > most.entries) return undefined;
  const map = new Map<string, RuleValue>();
  for (const [name, value] of entries) {
    left.text -= name.length;
    const read = left.text < 0 ? undefined : valueOf(value, left, depth + 1);
    if (read === undefined) return undefined;
    map.set(name, read);
  }
  return map;
}

function valueOf(value: unknown, left: Left, depth: number): RuleValue | undefined {
  if (--left.values < 0 || depth > most.depth) return undefined;
  switch (typeof value) {
    case 'string':
      left.text -= value.length;
      return left.text < 0 ? undefined : value;
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      return Array.isArray(value) ? listOf(value, left, depth) : mapOf(value, left, depth);
    default:
      return undefined;
  }
}

function listOf(list: readonly unknown[], left: Left, depth: number): readonly RuleValue[] | undefined {
  if (list.length > most.entries) return undefined;
  const values = list.map((value) => valueOf(value, left, depth + 1));
  return values.includes(undefined) ? undefined : (values as RuleValue[]);
}
