import * as fc from 'fast-check';
import { resolved } from './documented-operations.ts';
import type { Schema } from './documented-operations.ts';

/** Gives better values for a field than its schema does, such as ids that exist. */
export type Hint = (name: string, schema: Schema) => fc.Arbitrary<unknown> | undefined;

/** Values that are valid by a JSON Schema. Mostly those that the hint gives for fields it knows. */
export function arbitraryFromSchema(schema: Schema, hint: Hint, name = ''): fc.Arbitrary<unknown> {
  const target = resolved(schema);
  const plain = fc.memo(() => plainArbitrary(target, hint, name))();
  const better = hint(name, target);
  if (better === undefined) return plain;
  return fc.oneof({ weight: 15, arbitrary: better }, { weight: 1, arbitrary: plain });
}

/** The keywords that values keep to, and those that say nothing about values. */
const keywords: ReadonlySet<string> = new Set(
  [
    'type enum const oneOf anyOf format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum',
    'items prefixItems minItems maxItems properties required minProperties additionalProperties propertyNames',
    'description default readOnly secret',
  ].flatMap((line) => line.split(' ')),
);

function plainArbitrary(schema: Schema, hint: Hint, name: string): fc.Arbitrary<unknown> {
  // Otherwise values that break it turn up by chance.
  const unknown = Object.keys(schema).filter((keyword) => !keywords.has(keyword));
  if (unknown.length > 0) throw new Error(`no values are known for the keyword ${unknown.join(', ')}`);
  const { type, enum: values, oneOf, anyOf = oneOf } = schema;
  if ('const' in schema) return fc.constant(schema.const);
  if (values !== undefined) return fc.constantFrom(...values);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((option) => arbitraryFromSchema(option, hint, name)));
  if (typeof type === 'object') {
    return fc.oneof(...type.map((one) => arbitraryFromSchema({ ...schema, type: one }, hint, name)));
  }
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer(within(schema, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
    case 'number':
      return numberArbitrary(schema);
    case 'string':
      return textArbitrary(schema);
    case 'array':
      return arrayArbitrary(schema, hint, name);
    case 'object':
      return objectArbitrary(schema, hint);
    case undefined:
      return fc.jsonValue({ maxDepth: 1 });
    default:
      throw new Error(`no values are known for the type ${type}`);
  }
}

function within({ minimum, maximum }: Schema, least: number, most: number): { min: number; max: number } {
  return { min: minimum ?? least, max: maximum ?? most };
}

function numberArbitrary({ exclusiveMinimum, exclusiveMaximum, ...schema }: Schema): fc.Arbitrary<number> {
  const { min, max } = within(schema, exclusiveMinimum ?? -1e12, exclusiveMaximum ?? 1e12);
  const [minExcluded, maxExcluded] = [min === exclusiveMinimum, max === exclusiveMaximum];
  return fc.double({ min, max, minExcluded, maxExcluded, noNaN: true, noDefaultInfinity: true });
}

function arrayArbitrary(schema: Schema, hint: Hint, name: string): fc.Arbitrary<unknown> {
  const { items = {}, prefixItems, minItems = 0, maxItems = 3 } = schema;
  if (prefixItems !== undefined) return fc.tuple(...prefixItems.map((item) => arbitraryFromSchema(item, hint, name)));
  const maxLength = Math.max(minItems, Math.min(maxItems, 3));
  return fc.array(arbitraryFromSchema(items, hint, name), { minLength: minItems, maxLength });
}

function objectArbitrary(schema: Schema, hint: Hint): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], minProperties = 0, additionalProperties, propertyNames } = schema;
  const fields = Object.entries(properties).map(([name, field]) => {
    const value = arbitraryFromSchema(field, hint, name);
    return [name, required.includes(name) ? value : rarely(value)] as const;
  });
  const named = fc
    .record(Object.fromEntries(fields), { noNullPrototype: true })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
  const isEnough = (value: object): boolean => Object.keys(value).length >= minProperties;
  if (additionalProperties === false || additionalProperties === undefined) return named.filter(isEnough);
  const key = arbitraryFromSchema(propertyNames ?? { type: 'string' }, hint) as fc.Arbitrary<string>;
  const value = arbitraryFromSchema(additionalProperties === true ? {} : additionalProperties, hint);
  const others = fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true });
  return fc
    .tuple(others, named)
    .map(([more, all]) => ({ ...more, ...all }))
    .filter(isEnough);
}

/** A few at a time: each field may have rules of its own beside its schema. */
function rarely(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

const line = fc.string({ unit: 'grapheme', maxLength: 20 });
/** What fast-check cannot make from a pattern is picked from these. */
const pool: readonly fc.Arbitrary<string>[] = [
  line,
  line.map((text) => `/${text}`),
  fc.webPath(),
  fc.stringMatching(/^[a-z][a-z-]{0,9}$/),
];

function textArbitrary({ pattern, format, minLength = 0, maxLength = Infinity }: Schema): fc.Arbitrary<string> {
  const fits = (text: string): boolean => {
    // JSON Schema counts code points.
    const { length } = Array.from(text);
    return length >= minLength && length <= maxLength;
  };
  if (format === 'date-time') return time;
  if (format === 'ipv4') return fc.ipV4();
  if (format === 'ipv6') return fc.constantFrom('::1', '2001:db8::7', 'fe80:0:0:0:1:2:3:4');
  if (format !== undefined) throw new Error(`no values are known for the format ${format}`);
  if (pattern === undefined) {
    const longest = Math.min(maxLength, 40);
    return fc
      .oneof(line, fc.string({ unit: 'binary', maxLength: longest }), fc.string({ minLength, maxLength: longest }))
      .filter(fits);
  }
  const expression = new RegExp(pattern, 'u');
  return matching(expression).filter((text) => fits(text) && expression.test(text));
}

/** By pattern: to prepare one takes longer than to make texts from it, and the same ones occur all over the API. */
const known = new Map<string, fc.Arbitrary<string>>();

function matching(expression: RegExp): fc.Arbitrary<string> {
  const { source } = expression;
  let texts = known.get(source);
  if (texts === undefined) {
    texts = isUnderstood(expression) ? fc.stringMatching(expression) : fc.oneof(...pool);
    known.set(source, texts);
  }
  return texts;
}

/** Whole milliseconds, seconds and more digits than any clock has. */
const time = fc.oneof(
  fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom('2099-12-31T23:59:59Z', '2030-02-28T00:00:00.123456789Z', '9999-12-31T23:59:59.999Z'),
);

function isUnderstood(expression: RegExp): boolean {
  try {
    fc.sample(fc.stringMatching(expression), { numRuns: 1, seed: 1 });
    return true;
  } catch {
    return false;
  }
}
