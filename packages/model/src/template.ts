import { suggestion } from './nearest.ts';

/** What a header template may name; `latencyMs` is known only once the backend has answered. */
export const templateVariables = ['requestId', 'latencyMs', 'clientIp', 'routeName'] as const;

/** The name of a template variable. */
export type TemplateVariable = (typeof templateVariables)[number];

/** A piece of a header template: fixed text, or a variable to fill in. */
export type TemplatePart = { readonly text: string } | { readonly variable: TemplateVariable };

/** The pieces of a header value such as `req-${requestId}`. Throws a SyntaxError for an unknown variable. */
export function parseTemplate(value: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of value.matchAll(/\$\{([^}]*)\}/g)) {
    if (match.index > end) parts.push({ text: value.slice(end, match.index) });
    parts.push({ variable: knownVariable(match[1]) });
    end = match.index + match[0].length;
  }
  if (end < value.length) parts.push({ text: value.slice(end) });
  return parts;
}

function knownVariable(name: string): TemplateVariable {
  const known = templateVariables.find((variable) => variable === name);
  if (known !== undefined) return known;
  const all = templateVariables.map((variable) => `\${${variable}}`).join(', ');
  throw new SyntaxError(`unknown template variable; known are ${all}${suggestion(name, templateVariables)}`);
}
