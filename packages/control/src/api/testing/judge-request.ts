import type { ApiRequest } from './api-request.ts';
import { operations } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';
import { z } from 'zod';
import { resolved } from './documented-operations.ts';
import type { DocumentedOperation, Parameter } from './documented-operations.ts';
import { requestValidator } from './validators.ts';

/**
 * What the document says of a request. `beyond`: it is valid there, but holds what no request may hold (texts and nesting
 * that cannot be kept), or is larger than allowed.
 */
export interface Verdict {
  readonly verdict: 'valid' | 'invalid' | 'beyond';
  readonly reasons: readonly string[];
}

/** Judges a request by the OpenAPI document alone. */
export function judgeRequest(operation: DocumentedOperation, request: ApiRequest): Verdict {
  const reasons = [...parameterReasons(operation, request), ...bodyReasons(operation, request)];
  if (reasons.length > 0) return { verdict: 'invalid', reasons };
  const beyond = beyondReasons(request);
  return { verdict: beyond.length > 0 ? 'beyond' : 'valid', reasons: beyond };
}

function parameterReasons(operation: DocumentedOperation, { params, query, headers }: ApiRequest): string[] {
  const { parameters, pointer, id } = operation;
  const reasons = parameters.flatMap((parameter, index) => {
    const given = {
      path: [params[parameter.name]].filter((text) => text !== undefined),
      query: query.filter(([name]) => name === parameter.name).map(([, text]) => text),
      header: [headers[parameter.name]].filter((text) => text !== undefined),
    }[parameter.in];
    const validate = requestValidator(`${pointer}/parameters/${index}/schema`);
    return [
      ...(given.length > 1 ? [`${parameter.name} is given more than once`] : []),
      ...(parameter.required && given.length === 0 ? [`${parameter.name} is missing`] : []),
      ...given.flatMap((text) => validate(typed(text, parameter)).map((reason) => `${parameter.name}: ${reason}`)),
    ];
  });
  if (lacksReason(operation, query)) reasons.push('an emergency without a reason');
  if (takesAnyQuery(id)) return reasons;
  const known = new Set(parameters.filter((one) => one.in === 'query').map(({ name }) => name));
  return [...reasons, ...query.filter(([name]) => !known.has(name)).map(([name]) => `${name} is no parameter`)];
}

/** OpenAPI cannot say that one parameter asks for another: an emergency needs a reason, here or in the body. */
export function lacksReason({ parameters }: DocumentedOperation, query: ApiRequest['query']): boolean {
  const takesReason = parameters.some((one) => one.in === 'query' && one.name === 'reason');
  const isEmergency = query.some(([name, text]) => name === 'emergency' && text === 'true');
  return takesReason && isEmergency && !query.some(([name]) => name === 'reason');
}

/** OpenAPI cannot say that other parameters are refused: they are, unless the operation answers to somebody else's address. */
function takesAnyQuery(id: keyof typeof operations): boolean {
  const { query }: Operation = operations[id];
  return query !== undefined && z.toJSONSchema(query, { io: 'input' }).additionalProperties !== false;
}

/** What the text stands for (RFC 8259 numbers; true and false). */
function typed(text: string, { schema }: Parameter): unknown {
  const { type } = resolved(schema);
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true';
  if ((type === 'integer' || type === 'number') && /^-?(?:0|[1-9]\d*)$/.test(text)) return Number(text);
  return text;
}

function bodyReasons({ requestBody, pointer, id }: DocumentedOperation, { body, headers }: ApiRequest): string[] {
  if (body === undefined || body === '') return requestBody?.required === true ? ['the body is missing'] : [];
  if (requestBody === undefined) return ['a body is not documented'];
  const type = headers['content-type'] ?? 'none';
  const isFromCurl =
    operations[id].auth === 'user' && type === 'application/x-www-form-urlencoded' && /^\s*\{/.test(body);
  if (!isFromCurl && !/^application\/json(?:; ?charset="?utf-8"?)?$/i.test(type))
    return [`the content type is ${type}`];
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return ['the body is encoded'];
  const parsed = parsedBody(withoutMark(body));
  if (parsed === undefined) return ['the body is not JSON'];
  return [...requestValidator(`${pointer}/requestBody/content/application~1json/schema`)(parsed.value)];
}

function parsedBody(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Parsers may ignore a byte order mark, and may refuse it (RFC 8259, section 8.1). */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

const megabyte = 1024 * 1024;

function beyondReasons({ body, query, params }: ApiRequest): string[] {
  const texts = [...query.flat(), ...Object.values(params)].filter((text) => isUnkept(text)).map(() => 'unkept text');
  if (body === undefined || body === '') return texts;
  const large = Buffer.byteLength(body) > megabyte ? ['more than a megabyte'] : [];
  const mark = body.startsWith('\uFEFF') ? ['a byte order mark'] : [];
  return [...texts, ...large, ...mark, ...beyondJson(JSON.parse(withoutMark(body)), 0)];
}

function beyondJson(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return isUnkept(value) ? ['unkept text'] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (depth >= 64) return ['nested too deep'];
  const own = Object.entries(value);
  const keys = own.filter(([key]) => key === '__proto__' || isUnkept(key)).map(([key]) => `a field named ${key}`);
  return [...keys, ...own.flatMap(([, child]) => beyondJson(child, depth + 1))];
}

/** U+0000, and half of a surrogate pair. */
function isUnkept(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}
