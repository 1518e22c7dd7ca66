import { isFileName } from './file-name.ts';
import { suggestion } from './nearest.ts';

/** What a header template may name; `latencyMs` is known only once the backend has answered. */
export const templateVariables = ['requestId', 'latencyMs', 'clientIp', 'routeName'] as const;

/** The name of a template variable. */
export type TemplateVariable = (typeof templateVariables)[number];

/** A piece of a header value: fixed text, or the name of a file that holds a secret, in the folder that the node allows. */
export type ReferencePart = { readonly text: string } | { readonly secret: string };

/** A piece of a header template, which may also be a variable to fill in. */
export type TemplatePart = ReferencePart | { readonly variable: TemplateVariable };

const inTemplate = /\$\{([^}]*)\}/g;
const inReferences = /\$\{(secret:[^}]*)\}/g;
const secretPrefix = 'secret:';

/** The pieces of a header value such as `req-${requestId}`. Throws a SyntaxError for an unknown variable. */
export function parseTemplate(value: string): TemplatePart[] {
  return partsOf<TemplatePart>(value, inTemplate, (name) =>
    name.startsWith(secretPrefix) ? secretPart(name) : { variable: knownVariable(name) },
  );
}

/** The pieces of a header value that is sent as it is, but for secrets. Throws a SyntaxError for what names no file. */
export function parseReferences(value: string): ReferencePart[] {
  return partsOf<ReferencePart>(value, inReferences, secretPart);
}

/** The names of the secrets that a header value refers to. */
export function secretsIn(value: string): string[] {
  return value.includes('${secret:')
    ? [...value.matchAll(inReferences)].map(([, name]) => name.slice(secretPrefix.length))
    : [];
}

function partsOf<T>(value: string, form: RegExp, read: (name: string) => T): (T | { readonly text: string })[] {
  const parts: (T | { readonly text: string })[] = [];
  let end = 0;
  for (const match of value.matchAll(form)) {
    if (match.index > end) parts.push({ text: value.slice(end, match.index) });
    parts.push(read(match[1]));
    end = match.index + match[0].length;
  }
  const rest = value.slice(end);
  if (rest.includes('${secret:'))
    throw new SyntaxError('a reference to a secret is not closed: expected ${secret:NAME}');
  if (rest !== '') parts.push({ text: rest });
  return parts;
}

function secretPart(text: string): { readonly secret: string } {
  const secret = text.slice(secretPrefix.length);
  if (isFileName(secret)) return { secret };
  throw new SyntaxError('${secret:NAME} takes the name of a file in node.filesFolder, such as token or shop/token');
}

function knownVariable(name: string): TemplateVariable {
  const known = templateVariables.find((variable) => variable === name);
  if (known !== undefined) return known;
  const all = [...templateVariables, 'secret:NAME'].map((variable) => `\${${variable}}`).join(', ');
  throw new SyntaxError(`unknown template variable; known are ${all}${suggestion(name, templateVariables)}`);
}
