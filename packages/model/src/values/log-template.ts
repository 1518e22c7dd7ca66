import { fieldName } from './header-field.ts';
import { suggestion } from './nearest.ts';

/** What a line of the access log may show. */
export const logPlaceholders = [
  'time',
  'localTime',
  'client',
  'user',
  'method',
  'path',
  'query',
  'target',
  'protocol',
  'host',
  'status',
  'bytesSent',
  'durationMs',
  'route',
  'backend',
  'attempts',
  'error',
  'reason',
  'version',
  'deployment',
  'authentication',
  'consumer',
  'subject',
  'tier',
  'requestId',
  'traceId',
  'revision',
] as const;

/** The name of a placeholder. */
export type LogPlaceholder = (typeof logPlaceholders)[number];

/** A piece of a line: fixed text, something about the exchange, or a header of the request, named in lower case. */
export type LogTemplatePart =
  | { readonly text: string }
  | { readonly field: LogPlaceholder }
  | { readonly header: string };

const placeholder = /\$\{([^}]*)\}/g;
const headerPrefix = 'header:';

/** The pieces of a template such as `${method} ${path}`. Throws a SyntaxError for an unknown placeholder. */
export function parseLogTemplate(template: string): LogTemplatePart[] {
  const parts: LogTemplatePart[] = [];
  let end = 0;
  for (const match of template.matchAll(placeholder)) {
    if (match.index > end) parts.push({ text: template.slice(end, match.index) });
    parts.push(partOf(match[1]));
    end = match.index + match[0].length;
  }
  const rest = template.slice(end);
  if (rest.includes('${')) throw new SyntaxError('a placeholder is not closed: expected ${NAME}');
  if (rest !== '') parts.push({ text: rest });
  if (parts.every((part) => 'text' in part))
    throw new SyntaxError('expected at least one placeholder, such as ${path}; otherwise all lines are the same');
  return parts;
}

function partOf(name: string): LogTemplatePart {
  const header = name.startsWith(headerPrefix) ? name.slice(headerPrefix.length) : undefined;
  if (header !== undefined && fieldName.test(header)) return { header: header.toLowerCase() };
  const field = logPlaceholders.find((known) => known === name);
  if (field !== undefined) return { field };
  const all = [...logPlaceholders, 'header:NAME'].map((known) => `\${${known}}`).join(', ');
  throw new SyntaxError(`unknown placeholder \${${name}}; known are ${all}${suggestion(name, logPlaceholders)}`);
}
