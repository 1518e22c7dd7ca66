import type { Segment } from '@sluice/model';

/**
 * What the `{name}` segments of a pattern stand for in a normalised path that matches it. Values stay as they are in the
 * path: percent-encoded. The result has no prototype, so that any name is only a name.
 */
export function captures(pattern: readonly Segment[], path: string): Record<string, string> {
  const values = Object.create(null) as Record<string, string>;
  let start = 1;
  for (const segment of pattern) {
    if (segment.kind === 'rest') break;
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    if (segment.kind === 'param') values[segment.name] = path.slice(start, end);
    start = end + 1;
  }
  return values;
}
