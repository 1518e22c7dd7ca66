import { z } from 'zod';
import { compileRule, longestRule } from '../rule/compile-rule.ts';
import { line, readableBy } from '../values/text.ts';

// RFC 6749 §3.3: what a scope may be. It stands in a challenge, in quotes.
const scope = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'expected a scope: visible ASCII without spaces, quotes and backslashes');

const permission = z
  .string()
  .max(256)
  .regex(
    /^[^\s:*]+:[^\s:*]+:[^\s:*]+$/,
    'expected resource:action:scope, such as orders:write:own; * belongs into what callers hold',
  );

const most = 64;
const atLeastOne = 'name at least one, or leave the field out';

/** Schema of what callers must hold to use a route. */
export const authorizationConfig = z
  .strictObject({
    scopes: z.array(scope).min(1, atLeastOne).max(most).optional().describe('Scopes of which a caller needs all.'),
    roles: z.array(line(128)).min(1, atLeastOne).max(most).optional().describe('Roles of which a caller needs one.'),
    permissions: z
      .array(permission)
      .min(1, atLeastOne)
      .max(most)
      .optional()
      .describe('Permissions (resource:action:scope) of which a caller needs all; * in what the caller holds matches.'),
    rule: z
      .string()
      // The rule says itself when it is too long, with the place.
      .superRefine(readableBy(compileRule))
      .optional()
      .meta({ maxLength: longestRule })
      .describe('Expression that must be true, such as claims.tier == "premium" && request.method != "DELETE".'),
    reportOnly: z.boolean().default(false).describe('true counts what would be refused, and lets it through.'),
  })
  .refine(({ scopes, roles, permissions, rule }) => (scopes ?? roles ?? permissions ?? rule) !== undefined, {
    error: 'requires nothing: add scopes, roles, permissions or a rule, or leave authorization out',
  })
  .describe('Who may use the route, once it is known who calls. All that is given must hold.');

/** What callers must hold, validated. */
export type AuthorizationConfig = z.output<typeof authorizationConfig>;
