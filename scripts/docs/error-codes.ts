import { errorCodes } from '../../packages/model/src/index.ts';
import type { ErrorCode, ErrorKind } from '../../packages/model/src/index.ts';
import { errorAdvice } from './error-advice.ts';
import { code, markdownTable, plainText } from './markdown.ts';

const headings = {
  client: 'The client failed',
  gateway: 'The gateway refused, or failed',
  backend: 'The backend failed',
} as const satisfies Record<ErrorKind['who'], string>;

/** Every gateway error in a table per origin. */
export function renderErrorCodes(): string {
  return Object.entries(headings)
    .map(([who, heading]) => `## ${heading}\n\n${tableOf(who as ErrorKind['who'])}`)
    .join('\n\n');
}

function tableOf(who: ErrorKind['who']): string {
  const kinds: readonly (ErrorKind & { readonly code: ErrorCode })[] = Object.values(errorCodes);
  const rows = kinds
    .filter((kind) => kind.who === who)
    .map((kind) => {
      const { cause, remedy } = errorAdvice[kind.code];
      return [code(kind.code), String(kind.status), plainText(kind.message), cause, remedy];
    });
  return markdownTable(['code', 'status', 'message', 'cause', 'what to do'], rows);
}
