import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { parseLogTemplate } from '../values/log-template.ts';
import { filePath, isOneLine, readableBy } from '../values/text.ts';

/** What decides which requests are logged. A route may decide otherwise than the rest. */
const rules = {
  sample: z.number().min(0).max(1),
  failures: z.boolean(),
  statuses: z
    .array(z.string().regex(/^[1-5](?:\d\d|xx)$/, 'expected a status such as 404, or a hundred of them such as 5xx'))
    .max(100),
  slowerThan: duration(1),
};

const template = z
  .string()
  .min(1)
  .max(2048)
  .refine((text) => isOneLine(text.replaceAll('\t', ' ')), 'expected one line; of control characters only tabs')
  .superRefine(readableBy(parseLogTemplate));

/** Schema of the access log. */
export const accessLogConfig = z
  .strictObject({
    sample: rules.sample.default(0).describe('Share of the requests that is logged.'),
    failures: rules.failures.default(true).describe('Log every gateway error, whatever the sample.'),
    statuses: rules.statuses
      .default([])
      .describe('Log every answer with one of these statuses, whatever the sample: 404, or 5xx for all from 500 on.'),
    slowerThan: rules.slowerThan
      .optional()
      .describe('Log every request that takes longer than this, whatever the sample. WebSockets do not count.'),
    file: filePath.default('-').describe('File to append to; - is standard output.'),
    format: z
      .enum(['json', 'common', 'combined'])
      .optional()
      .describe(
        'How a line is written: as JSON, or in the common or the combined format of web servers. json if there is no template.',
      ),
    template: template
      .optional()
      .describe('A format of your own: text with placeholders, such as ${client} ${method} ${path} ${status}.'),
    query: z
      .boolean()
      .default(false)
      .describe('Log the query too, without the secrets in it. A template that names it has it anyway.'),
  })
  .superRefine(({ format, template: own }, context) => {
    if (format === undefined || own === undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['template'],
      message: 'is a format itself: keep one of format, template',
    });
  })
  .prefault({})
  .describe('Access log: one line per request, by default of JSON.');

/** Schema of what a route has otherwise than the whole gateway. */
export const routeAccessLog = z
  .strictObject({
    sample: rules.sample.optional().describe('Share of the requests that is logged; replaces proxy.accessLog.sample.'),
    failures: rules.failures.optional().describe('Log every gateway error; replaces proxy.accessLog.failures.'),
    statuses: rules.statuses
      .optional()
      .describe('Log every answer with one of these statuses; replaces proxy.accessLog.statuses.'),
    slowerThan: rules.slowerThan
      .optional()
      .describe('Log every request that takes longer; replaces proxy.accessLog.slowerThan.'),
  })
  .describe('Which requests of the route the access log has, where that differs from the rest.');

/** Settings of the access log; `slowerThan` in milliseconds. */
export type AccessLogConfig = z.output<typeof accessLogConfig>;
/** What a route has otherwise; `slowerThan` in milliseconds. */
export type RouteAccessLogConfig = z.output<typeof routeAccessLog>;
