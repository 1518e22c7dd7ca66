import { apiErrorCodes } from '../../packages/model/src/index.ts';
import type { ApiErrorName } from '../../packages/model/src/index.ts';
import { apiErrorAdvice } from './api-error-advice.ts';
import { code, markdownTable, plainText } from './markdown.ts';

/** Every error of the management API in a table. */
export function renderApiErrorCodes(): string {
  const rows = (Object.keys(apiErrorCodes) as ApiErrorName[]).map((name) => {
    const kind = apiErrorCodes[name];
    const { cause, remedy } = apiErrorAdvice[name];
    return [code(kind.code), String(kind.status), plainText(kind.message), cause, remedy];
  });
  return markdownTable(['code', 'status', 'message', 'cause', 'what to do'], rows);
}
