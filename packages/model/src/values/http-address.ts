import { z } from 'zod';
import { hiddenMessage, isHidden } from './hidden-secrets.ts';
import { isOneLine } from './text.ts';

/**
 * An http:// or https:// address without credentials and fragment; `examples` say in problems what is expected. It may have a
 * query only where that is asked for.
 */
export function httpAddress(examples: string, { query = false }: { readonly query?: boolean } = {}) {
  return z
    .string()
    .max(2048)
    .superRefine((text, context) => {
      const wrong = addressProblem(query ? text.replace(/\?[^#]*/, '') : text, examples);
      if (wrong !== undefined) context.addIssue(wrong);
      else if (isHidden(text)) context.addIssue(hiddenMessage);
    });
}

/** What is wrong with an address; never repeats it, since it might hold a password. */
function addressProblem(text: string, examples: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:\/\/[^/\\]/i.test(text) || /[\s\\]/.test(text) || !isOneLine(text))
    return `expected an address such as ${examples}${addressFix(text)}`;
  if (url.username !== '' || url.password !== '' || text.includes('@')) return 'an address may not hold credentials';
  if (text.includes('?') || text.includes('#')) return 'an address may not have a query or a fragment';
  if (url.port === '0') return 'port 0 cannot be connected to';
  return undefined;
}

/** `localhost:3000` and `example.com/path` only lack their beginning. What else they hold is not repeated. */
function addressFix(text: string): string {
  return /^(?!https?:)[\w.-]+(?::\d+)?(?:\/|$)/i.test(text) && !text.includes('@')
    ? ': http:// is missing at its beginning'
    : '';
}
