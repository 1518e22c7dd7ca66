/** A key at the beginning of a line, as YAML, JSON or TOML write it. */
const keyed = /^[\s{[-]*["']?[\w$.-]+["']?\s*[:=]/;

/**
 * A line of a text and the nearest one above with a key, to be shown beside a problem: with their indentation and keys, without
 * their values, which might be secret. Empty when the line has no key.
 */
export function shownLines(text: string, line: number): string[] {
  const lines = text.split('\n');
  const above = lines.slice(0, line - 1).findLastIndex((each) => keyed.test(each)) + 1;
  return [above, line].flatMap((number) => {
    const key = number === 0 ? undefined : keyed.exec(lines[number - 1] ?? '')?.[0];
    return key === undefined || !keyed.test(lines[line - 1] ?? '') ? [] : [`${number} | ${key} …`];
  });
}
