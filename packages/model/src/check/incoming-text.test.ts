import { expect, test } from 'vitest';
import type { z } from 'zod';
import { operations } from '../api/index.ts';
import { gatewayConfig } from '../config/gateway-config.ts';

/** Texts that break a line, steer a terminal, turn what follows round, or have no end. */
const odd = ['', '/', 'http://a/'].flatMap((start) => [
  ...['\n', '\u001b[2J', '\u0085', '\u2028', '\u202e'].map((mark) => `${start}a${mark}b`),
  `${start}${'a'.repeat(20_000)}`,
]);

/** What may hold any character: secrets, which are never shown, and texts that are compared with whole bodies or queries. */
const free = [
  /(?:[pP]assword|jwtSecret|clientSecret|methods\[\]\.secret|refreshToken|body\.code)$/,
  /(?:expectedResponseBody|expectedBody)$/,
  // PromQL may be written in several lines.
  /gates\[\]\.query$/,
  // They come back from answers, and are left out.
  /\.(?:split|warnings\[\])\.\w+$/,
];

/** RFC 9110 section 5.5: header values may hold obs-text, as which text in other encodings is sent. */
const headerValues = /[hH]eaders(?:\{\}|\[\]\.value)$/;

/** The strings in a schema, each with where it is. */
function* stringsIn(schema: z.core.$ZodType, path: string, above: ReadonlySet<unknown> = new Set()): Found {
  if (above.has(schema)) return;
  const inner = new Set(above).add(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const below = (part: z.core.$ZodType, step = ''): Found => stringsIn(part, path + step, inner);
  switch (def.type) {
    case 'string':
      yield [path, schema as z.ZodString];
      return;
    case 'object':
      for (const [key, part] of Object.entries(def.shape)) yield* below(part, `.${key}`);
      return;
    case 'array':
      yield* below(def.element, '[]');
      return;
    case 'record':
      yield* below(def.keyType, '{name}');
      yield* below(def.valueType, '{}');
      return;
    case 'union':
      for (const option of def.options) yield* below(option);
      return;
    case 'pipe':
      yield* below(def.in);
      return;
    default:
      if ('innerType' in def) yield* below(def.innerType);
  }
}
type Found = Generator<[string, z.ZodString]>;

function isLine(path: string, schema: z.ZodString): boolean {
  const refused = headerValues.test(path) ? odd.filter((text) => !text.includes('\u0085')) : odd;
  return refused.every((text) => {
    const read = schema.safeParse(text);
    return !read.success || !odd.includes(read.data);
  });
}

test('every text of a configuration and of a request is bounded and in one line, unless it is never shown', () => {
  const incoming = Object.entries(operations).flatMap(([id, operation]) => {
    const { params, query, body } = operation as {
      params?: z.ZodType;
      query?: z.ZodType;
      body?: { schema: z.ZodType };
    };
    const parts = { params, query, body: body?.schema };
    return Object.entries(parts).flatMap(([part, schema]) => (schema ? [...stringsIn(schema, `${id}.${part}`)] : []));
  });
  const all = [...stringsIn(gatewayConfig, 'config'), ...incoming];
  expect(all.length).toBeGreaterThan(500);
  const wrong = all.filter(([path, schema]) => !free.some((one) => one.test(path)) && !isLine(path, schema));
  expect(wrong.map(([path]) => path)).toEqual([]);
});
