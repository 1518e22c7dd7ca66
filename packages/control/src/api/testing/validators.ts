import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { document } from './documented-operations.ts';

/** What is wrong with a value, in words; empty when it is right. */
export type Validate = (value: unknown) => readonly string[];

/**
 * Validates what is sent by the schema at a JSON Pointer of the OpenAPI document: as the document has it, and not as our
 * own code reads it.
 */
export function requestValidator(pointer: string): Validate {
  return compiled(requests, pointer);
}

/** Validates an answer, which may hold nothing but what is documented. */
export function answerValidator(pointer: string): Validate {
  return compiled(answers, pointer);
}

const requests = validatorOf(document);
const answers = validatorOf(closed(document));

function validatorOf(schemas: unknown): Ajv2020 {
  // The document is more than a schema: what is none is not looked at. Each schema is used a few times, so that making the
  // code for it faster takes longer than it saves.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    unicodeRegExp: true,
    code: { optimize: false },
  });
  addFormats.default(ajv);
  ajv.addSchema(schemas as object, 'document');
  return ajv;
}

function compiled(ajv: Ajv2020, pointer: string): Validate {
  const validate: ValidateFunction | undefined = ajv.getSchema(
    `document#${pointer.replaceAll('{', '%7B').replaceAll('}', '%7D')}`,
  );
  if (validate === undefined) throw new Error(`there is no schema at ${pointer}`);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(described));
}

function described({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  return `${instancePath === '' ? 'the value' : instancePath} ${message} ${JSON.stringify(params)}`;
}

/** The same with no room for fields that are not named. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const all = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isObject = all['type'] === 'object' && 'properties' in all && !('additionalProperties' in all);
  return isObject ? { ...all, additionalProperties: false } : all;
}
