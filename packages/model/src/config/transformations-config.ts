import { z } from 'zod';
import { parseRewritePath } from '../values/rewrite-path.ts';
import { parseTemplate } from '../values/template.ts';
import { editableHeaderName, headerValue, readableBy } from '../values/text.ts';

const requestTemplate = headerValue.superRefine(
  readableBy((text) => {
    const early = parseTemplate(text).some((part) => 'variable' in part && part.variable === 'latencyMs');
    if (early) throw new SyntaxError('${latencyMs} is known only in the response');
  }),
);
const responseTemplate = headerValue.superRefine(readableBy(parseTemplate));

const removeHeaders = z
  .array(editableHeaderName)
  .default([])
  .describe('Headers that are removed, before the additions.');

const requestTransformations = z
  .strictObject({
    addHeaders: z
      .record(editableHeaderName, requestTemplate)
      .default({})
      .describe(
        'Headers set on the request; values may hold ${requestId}, ${clientIp}, ${routeName} and ${secret:NAME}.',
      ),
    removeHeaders,
    rewritePath: z
      .string()
      .max(1024)
      .superRefine(readableBy(parseRewritePath))
      .optional()
      .describe('"PATTERN → REPLACEMENT": an RE2 pattern for the whole path, and what it becomes with $1 to $9.'),
  })
  .prefault({})
  .describe('Changes to the request before it is forwarded.');

const responseTransformations = z
  .strictObject({
    addHeaders: z
      .record(editableHeaderName, responseTemplate)
      .default({})
      .describe(
        'Headers set on the response; values may hold ${requestId}, ${latencyMs}, ${clientIp}, ${routeName} and ${secret:NAME}.',
      ),
    removeHeaders,
  })
  .prefault({})
  .describe('Changes to the response before it is sent.');

/** Schema of the header and path edits of a route. */
export const transformationsConfig = z
  .strictObject({ request: requestTransformations, response: responseTransformations })
  .describe('Header edits and path rewrite.');

/** The edits of a route, validated and with their defaults. */
export type TransformationsConfig = z.output<typeof transformationsConfig>;
