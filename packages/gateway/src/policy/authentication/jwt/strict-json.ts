const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Parses JSON in which no object names a member twice. Parsers differ in which of the two they take (RFC 8725 §2.4), so that
 * such a text would say one thing here and another at a backend. Throws a SyntaxError.
 */
export function strictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (namesTwice(text)) throw new SyntaxError('a member is named twice');
  return value;
}

/** Whether an object in a text that is known to be JSON names a member twice, however the name is escaped. */
function namesTwice(text: string): boolean {
  // The names of each open object; undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote: {
        const end = endOfString(text, i);
        const names = open.at(-1);
        if (isName && names !== undefined) {
          const name = JSON.parse(text.slice(i, end + 1)) as string;
          if (names.has(name)) return true;
          names.add(name);
        }
        isName = false;
        i = end;
        break;
      }
      case openObject:
        open.push(new Set());
        isName = true;
        break;
      case openList:
        open.push(undefined);
        break;
      case closeObject:
      case closeList:
        open.pop();
        break;
      case comma:
        isName = open.at(-1) !== undefined;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text.charCodeAt(i) !== quote) i += text.charCodeAt(i) === backslash ? 2 : 1;
  return i;
}
