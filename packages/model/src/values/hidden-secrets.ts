import type { JsonObject, JsonValue } from './json-value.ts';
import { ProblemList } from './problem.ts';
import type { Problem } from './problem.ts';

/** Replaces a secret in every answer. */
export const hidden = '[hidden]';

/** Replaces a secret that a change replaces. */
const hiddenChange = '[hidden, changed]';

/** Replaces a secret in the query of an address, where brackets would be escaped. */
const hiddenInQuery = 'hidden';

/** Usual names of headers that hold credentials. */
const secretName =
  /passw|secret|token|authori[sz]ation|cookie|credential|session|signature|private|(?:^|[-_.])(?:api[-_]?)?key$/i;
/** More names that hold secrets in queries, such as the code of a login and the signature of a link. */
const secretParameter = /(?:^|[-_])(?:sig|code)$/i;
/** A reference to a secret, which may be seen. */
const onlyReference = /^(?:(?:basic|bearer|digest|negotiate|ntlm|token|apikey)\s+)?\$\{secret:[^}]*\}$/i;
const credentials = /^(?:basic|bearer|digest|negotiate|ntlm|token)\s+\S/i;
const privateKey = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;

/** Fields whose value is a map of headers, and fields that hold an address or a path with a query. */
const headerMaps: ReadonlySet<string> = new Set(['headers', 'addHeaders', 'options']);
const addresses: ReadonlySet<string> = new Set(['url', 'endpoint', 'path', 'jwksUrl']);
/** Fields that are a secret as a whole. */
const secretFields: ReadonlySet<string> = new Set(['secret', 'clientSecret', 'cookieSecret']);

/**
 * The one rule for everything that is answered, as a replacer for JSON.stringify: credentials in headers, secrets in the query
 * of an address, and private keys are hidden from everybody, whatever document they stand in.
 */
export function hideSecrets(key: string, value: unknown): unknown {
  if (typeof value === 'string') return hiddenText(key, value);
  if (!headerMaps.has(key) || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, typeof text === 'string' ? hiddenHeader(name, text) : text]),
  );
}

/** A document that came back from somebody who read it: hidden secrets are taken from the stored document. */
export function restoreHidden(document: JsonObject, kept: JsonObject | undefined): JsonObject {
  if (kept === undefined) return document;
  return besides(document, kept, {
    visit: (text, former, hide) => (former !== text && hide(former) === text ? former : text),
  }) as JsonObject;
}

/** The document after a change, which marks changed secrets without showing them. */
export function markHidden(before: JsonObject, after: JsonObject): JsonObject {
  return besides(after, before, {
    visit: (text, former, hide) =>
      former !== text && hide(text) === hidden && hide(former) === hidden ? hiddenChange : text,
  }) as JsonObject;
}

/** Whether a text is what answers show instead of a secret. It is never a value itself. */
export function isHidden(text: string): boolean {
  if (text === hidden || text === hiddenChange) return true;
  if (!text.includes('?')) return false;
  const [, query = ''] = text.split('?', 2);
  return [...new URLSearchParams(query)].some(([name, value]) => isSecret(name) && value === hiddenInQuery);
}

/** What to do about a text that stands for a secret where none is stored. */
export const hiddenMessage = 'stands for a stored secret, but none is stored here: write the value';

/** Refuses texts that stand for a secret, in a schema. */
export const notHidden = [(text: string): boolean => !isHidden(text), { error: hiddenMessage }] as const;

/** A problem for every text that stands for a secret: it would be sent as it is. */
export function hiddenProblems(value: unknown): Problem[] {
  const problems = new ProblemList();
  const path: (string | number)[] = [];
  const lookInto = (step: string | number, part: unknown): void => {
    path.push(step);
    look(part);
    path.pop();
  };
  const look = (part: unknown): void => {
    if (typeof part === 'string') {
      const mayBe = part.startsWith('[hidden') || addresses.has(String(path.at(-1)));
      if (mayBe && isHidden(part)) problems.add([{ path: [...path], message: hiddenMessage }]);
    } else if (isList(part)) for (const [index, item] of part.entries()) lookInto(index, item);
    else if (isObject(part)) for (const [name, field] of Object.entries(part)) lookInto(name, field);
  };
  look(value);
  return problems.all();
}

type Hide = (text: string) => string;

interface Visitor {
  readonly visit: (text: string, former: string, hide: Hide) => string;
}

/** Visits the texts of two documents side by side; parts that do not change are not copied. */
function besides(
  value: JsonValue,
  former: JsonValue | undefined,
  visitor: Visitor,
  key = '',
  isHeader = false,
): JsonValue {
  if (typeof value === 'string') {
    const hide: Hide = (text) => (isHeader ? hiddenHeader(key, text) : hiddenText(key, text));
    return typeof former === 'string' ? visitor.visit(value, former, hide) : value;
  }
  if (isList(value)) {
    if (!isList(former)) return value;
    return unlessSame(
      value,
      value.map((item, index) => besides(item, counterpart(item, index, value, former), visitor, key)),
    );
  }
  if (!isObject(value) || !isObject(former)) return value;
  const areHeaders = headerMaps.has(key);
  const fields = Object.entries(value).map(([name, field]): [string, JsonValue | undefined] => {
    if (field === undefined) return [name, field];
    const old = areHeaders ? headerIn(former as JsonObject, name) : (former as JsonObject)[name];
    return [name, besides(field, old, visitor, name, areHeaders)];
  });
  const isSame = fields.every(([name, field]) => field === value[name]);
  return isSame ? value : Object.fromEntries(fields);
}

function unlessSame(list: readonly JsonValue[], next: readonly JsonValue[]): readonly JsonValue[] {
  return next.every((item, index) => item === list[index]) ? list : next;
}

/**
 * Backends are found by their name, wherever they stand now. What has no name, such as a method of authentication, is found by
 * all that is shown of it: a secret must not go to another one because their order changed. One that is new or changed is
 * taken for what stood in its place, unless that is still there.
 */
function counterpart(
  item: JsonValue,
  index: number,
  items: readonly JsonValue[],
  former: readonly JsonValue[],
): JsonValue | undefined {
  const name = nameOf(item);
  if (name !== undefined) return former.find((other) => nameOf(other) === name);
  if (!isObject(item)) return former[index];
  const shown = shownOf(item);
  const before = former[index];
  if (before === undefined || shownOf(before) === shown)
    return before ?? former.find((other) => shownOf(other) === shown);
  const same = former.find((other) => shownOf(other) === shown);
  if (same !== undefined) return same;
  if (sentTo(before) !== sentTo(item)) return undefined;
  const shownBefore = shownOf(before);
  return items.some((other) => shownOf(other) === shownBefore) ? undefined : before;
}

/** Where a method sends its secret: nobody may have a stored one sent elsewhere by a change of the address alone. */
function sentTo(method: JsonValue): string | undefined {
  if (!isObject(method)) return undefined;
  const { type, url, issuer } = method as JsonObject;
  return type === 'introspection' || type === 'oidc' ? JSON.stringify([type, url, issuer]) : undefined;
}

function shownOf(value: JsonValue): string {
  return JSON.stringify(value, hideSecrets);
}

function nameOf(item: JsonValue): JsonValue | undefined {
  return isObject(item) ? ((item as JsonObject)['name'] ?? (item as JsonObject)['backendId']) : undefined;
}

function headerIn(headers: JsonObject, name: string): JsonValue | undefined {
  const lower = name.toLowerCase();
  return headers[name] ?? Object.entries(headers).find(([other]) => other.toLowerCase() === lower)?.[1];
}

function hiddenHeader(name: string, text: string): string {
  // "*" asks only whether the header is there.
  if (text === '*' || text === hiddenChange || onlyReference.test(text)) return text;
  return secretName.test(name) || credentials.test(text) || privateKey.test(text) ? hidden : text;
}

function hiddenText(key: string, text: string): string {
  if (text === hiddenChange) return text;
  if (privateKey.test(text) || secretFields.has(key)) return hidden;
  return addresses.has(key) ? hiddenAddress(text) : text;
}

/** What is no secret stays as it was written. */
function hiddenAddress(text: string): string {
  const open = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1');
  const start = open.indexOf('?');
  if (start === -1) return open;
  const fields = new URLSearchParams(open.slice(start + 1));
  const secrets = [...fields.keys()].filter((name) => isSecret(name));
  if (secrets.length === 0) return open;
  for (const name of secrets) fields.set(name, hiddenInQuery);
  return `${open.slice(0, start)}?${fields.toString()}`;
}

function isSecret(parameter: string): boolean {
  return secretName.test(parameter) || secretParameter.test(parameter);
}

function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
