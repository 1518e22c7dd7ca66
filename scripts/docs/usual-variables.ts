import { formatPath, usualVariables } from '../../packages/model/src/index.ts';
import { code, markdownTable } from './markdown.ts';

/** The variables with names of their own, and the keys they set. */
export function renderUsualVariables(): string {
  const rows = usualVariables.map(({ variable, path }) => [code(variable), code(formatPath(path))]);
  return markdownTable(['variable', 'key'], rows);
}
