import type { z } from 'zod';
import { parseDuration } from '../values/duration.ts';

/** A value of a wrong type: what was expected, and how to write it. `keys` are those of an expected object. Never with the value. */
export function wrongType(issue: z.core.$ZodIssueInvalidType, keys: readonly string[]): string {
  const { input, expected, message } = issue;
  if (input === undefined && message.endsWith('received undefined')) return 'is required';
  // Some schemas say themselves what they expect.
  if (!message.startsWith('Invalid input: ')) return message;
  if (input === null) return 'has no value: write one, or leave out the key';
  const what = names[expected] ?? expected;
  return `expected ${what}${fixFor(issue, keys)}`;
}

const names: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a date',
};

function fixFor({ input, expected, path }: z.core.$ZodIssueInvalidType, keys: readonly string[]): string {
  switch (expected) {
    case 'int':
    case 'number':
      if (typeof input === 'number') return '';
      return typeof input === 'string' ? numberFix(input.trim(), String(path.at(-1))) : notA(input);
    case 'boolean':
      return typeof input === 'string' && /^(?:true|false)$/i.test(input.trim())
        ? ', not text: leave out the quotes'
        : notA(input);
    case 'string':
      return typeof input === 'number' || typeof input === 'boolean' ? ': put it in quotes' : notA(input);
    case 'array':
      return `${notA(input)}: write [ … ], or "- " before each entry`;
    default:
      return `${notA(input)}${keysFix(keys)}`;
  }
}

/** How to write a text as a number: without quotes, or in the unit that the field's name says. */
function numberFix(text: string, field: string): string {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return ', not text: leave out the quotes';
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && /seconds$/i.test(field)) return ` of seconds: write ${milliseconds / 1000}`;
  const bytes = parseSize(text);
  if (bytes !== undefined && /bytes$/i.test(field)) return ` of bytes: write ${bytes}`;
  return milliseconds !== undefined || bytes !== undefined ? ' without a unit' : ', not text';
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** The bytes of `10MB`, `64k` or `1 GiB`. */
function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)\s*([kmg]?)i?b?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * unitBytes[unit.toLowerCase()];
}

/** A long list of keys says less than its first. */
const mostKeys = 8;

function keysFix(keys: readonly string[]): string {
  if (keys.length === 0) return '';
  const more = keys.length > mostKeys ? ' and more' : '';
  return `: its keys are ${keys.slice(0, mostKeys).join(', ')}${more}`;
}

function notA(input: unknown): string {
  if (Array.isArray(input)) return ', not a list';
  switch (typeof input) {
    case 'string':
      return ', not text';
    case 'number':
      return ', not a number';
    case 'boolean':
      return `, not ${String(input)}`;
    default:
      return ', not an object';
  }
}
