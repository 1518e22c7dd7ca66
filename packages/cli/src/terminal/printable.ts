/**
 * Makes a text from elsewhere safe to show: control characters, which could steer a terminal, become visible escapes, and so
 * do the marks that change the direction of text.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (mark) => {
    const code = mark.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
