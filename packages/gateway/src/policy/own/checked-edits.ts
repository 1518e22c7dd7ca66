import { errorCodes } from '@sluice/model/errors';
import { fieldName, fieldValue, protectedHeaders } from '@sluice/model/header-field';
import { isNormalPath } from '../../route/index.ts';
import type { Identity, PolicyAnswer } from '../policy.ts';

const [longestName, longestValue, longestReason] = [256, 8192, 1024];

/** The name of a header that a policy may edit. Throws a TypeError for any other. */
export function checkedName(name: string): string {
  if (typeof name !== 'string' || name.length > longestName || !fieldName.test(name))
    throw new TypeError('this is not the name of a header');
  if (protectedHeaders.has(name.toLowerCase())) throw new TypeError(`the gateway sets ${name} itself`);
  return name;
}

/** A header that a policy may set. Throws a TypeError for any other. */
export function checkedHeader(name: string, value: string): readonly [string, string] {
  const checked = checkedName(name);
  if (typeof value === 'string' && value.length <= longestValue && fieldValue.test(value)) return [checked, value];
  throw new TypeError(`the value of ${checked} is not one line of at most ${longestValue} bytes, as a header needs`);
}

/** A path that a backend may get. Throws a TypeError for one that is not in normal form. */
export function checkedPath(path: string): string {
  if (typeof path === 'string' && isNormalPath(path)) return path;
  throw new TypeError('a path begins with / and is in normal form, without dot segments and with other bytes escaped');
}

/** A query that a backend may get. Throws a TypeError for one with spaces, control characters, `#` or other bytes. */
export function checkedQuery(query: string): string {
  if (typeof query === 'string' && /^[\x21\x22\x24-\x7e]*$/.test(query)) return query;
  throw new TypeError('a query has visible ASCII only, without spaces and #');
}

/** Who sends a request, as later policies and the access log can read it. Throws a TypeError for anything else. */
export function checkedIdentity(identity: Identity | undefined): Identity | undefined {
  if (identity === undefined) return undefined;
  const given: unknown = identity;
  if (typeof given !== 'object' || given === null) throw new TypeError('an identity is an object');
  const { method, subject, claims } = identity as Partial<Record<keyof Identity, unknown>>;
  if (typeof method !== 'string' || typeof subject !== 'string')
    throw new TypeError('an identity has a method and a subject, which are texts');
  for (const name of ['scopes', 'roles', 'permissions'] as const)
    if (!isTexts(identity[name])) throw new TypeError(`the ${name} of an identity are a list of texts`);
  if (typeof claims !== 'object' || claims === null) throw new TypeError('the claims of an identity are an object');
  for (const name of optionalTexts)
    if (identity[name] !== undefined && typeof identity[name] !== 'string')
      throw new TypeError(`the ${name} of an identity is a text`);
  return identity;
}

const optionalTexts = ['authority', 'consumerId', 'keyId', 'organization', 'tier'] as const;

/** An answer that can be sent. Throws a TypeError for any other. */
export function checkedAnswer(answer: unknown): PolicyAnswer | undefined {
  if (answer === undefined) return undefined;
  if (typeof answer !== 'object' || answer === null) throw new TypeError('a policy returns an answer, or nothing');
  const given = answer as { readonly [K in 'error' | 'details' | 'reason' | 'headers' | 'status' | 'body']?: unknown };
  const headers = headersIn(given.headers);
  if (given.error !== undefined) {
    if (typeof given.error !== 'string' || !Object.hasOwn(errorCodes, given.error))
      throw new TypeError('error is not one of the error codes of the gateway');
    const { details = [], reason } = given;
    if (!isTexts(details)) throw new TypeError('details are texts');
    const answered = { error: given.error as keyof typeof errorCodes, details, headers };
    if (reason === undefined) return answered;
    if (typeof reason !== 'string' || reason.length > longestReason)
      throw new TypeError(`the reason of an answer is a text of at most ${longestReason} characters`);
    return { ...answered, reason };
  }
  const { status, body } = given;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError('an answer has an error, or a status from 200 to 599');
  if (body === undefined) return { status, headers };
  if (typeof body !== 'string') throw new TypeError('the body of an answer is a text');
  return { status, headers, body };
}

function headersIn(headers: unknown): (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) throw new TypeError('headers are a list of [name, value]');
  return headers.map((header: unknown) => {
    if (!isTexts(header) || header.length !== 2) throw new TypeError('a header is [name, value]');
    return checkedHeader(header[0], header[1]);
  });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
