import type { FieldValue } from './catalogue.ts';
import { isPlainText } from './catalogue.ts';
import type { Collection, Condition, FieldType, Query } from './store.ts';

type Bound = string | number;

/** A condition that fits the type of its field. */
export type PreparedCondition =
  | { readonly kind: 'equals'; readonly field: string; readonly type: FieldType; readonly value: Bound | boolean }
  | { readonly kind: 'in'; readonly field: string; readonly type: FieldType; readonly values: readonly Bound[] }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly type: FieldType;
      readonly atLeast: Bound | undefined;
      readonly below: Bound | undefined;
    };

/** A checked query with defaults filled in. `id` counts as a text field. */
export interface PreparedQuery {
  /** Sorted by field, so that equal queries look equal. */
  readonly conditions: readonly PreparedCondition[];
  readonly orderBy: string;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/**
 * Checks a query. Throws a TypeError or RangeError for an unknown field, a value of another type, or a limit outside of 1 to 1000.
 * Text that no document can contain, such as NUL, is allowed: nothing equals it.
 */
export function prepareQuery(collection: Collection, query: Query): PreparedQuery {
  const { where = {}, orderBy = 'id', descending = false, limit, offset = 0 } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new RangeError('limit must be 1 to 1000');
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError('offset must be an integer from 0 on');
  typeOf(collection, orderBy);
  const conditions = Object.entries(where)
    .flatMap(([field, condition]) =>
      condition === undefined ? [] : [prepareCondition(field, typeOf(collection, field), condition)],
    )
    .toSorted((a, b) => (a.field < b.field ? -1 : 1));
  return { conditions, orderBy, descending, limit, offset };
}

/** Whether a value fulfils a condition. `compare` orders values of one type. */
export function fulfils(
  value: FieldValue,
  condition: PreparedCondition,
  compare: (a: FieldValue, b: FieldValue) => number,
): boolean {
  if (value === null) return false;
  switch (condition.kind) {
    case 'equals':
      return value === condition.value;
    case 'in':
      return typeof value !== 'boolean' && condition.values.includes(value);
    case 'range':
      return (
        (condition.atLeast === undefined || compare(value, condition.atLeast) >= 0) &&
        (condition.below === undefined || compare(value, condition.below) < 0)
      );
  }
}

function typeOf(collection: Collection, field: string): FieldType {
  if (field === 'id') return 'text';
  const type = Object.hasOwn(collection.fields, field) ? collection.fields[field] : undefined;
  if (type === undefined) throw new TypeError(`${collection.name} cannot be searched by ${JSON.stringify(field)}`);
  return type;
}

function prepareCondition(field: string, type: FieldType, condition: Condition): PreparedCondition {
  if (typeof condition !== 'object') {
    checkType(field, type, condition);
    return isHoldable(condition)
      ? { kind: 'equals', field, type, value: condition }
      : { kind: 'in', field, type, values: [] };
  }
  if (type === 'boolean') throw new TypeError(`${field} must be true or false`);
  if ('in' in condition) {
    for (const value of condition.in) checkType(field, type, value);
    return { kind: 'in', field, type, values: condition.in.filter(isHoldable) };
  }
  for (const bound of [condition.atLeast, condition.below]) {
    if (bound === undefined) continue;
    checkType(field, type, bound);
    if (!isHoldable(bound)) throw new RangeError(`${field}: a bound must be text without NUL, or a finite number`);
  }
  return { kind: 'range', field, type, atLeast: condition.atLeast, below: condition.below };
}

function checkType(field: string, type: FieldType, value: unknown): void {
  const wanted = type === 'text' ? 'string' : type;
  if (typeof value !== wanted) throw new TypeError(`${field} must be a ${wanted}, not a ${typeof value}`);
}

function isHoldable(value: Bound | boolean): boolean {
  if (typeof value === 'string') return isPlainText(value);
  return typeof value === 'boolean' || Number.isFinite(value);
}
