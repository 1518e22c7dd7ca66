import type { Head } from '../http1/head.ts';

/** The value of the first cookie with this name in a request, as it was sent; undefined if there is none. */
export function cookieValue(head: Head, name: string): string | undefined {
  for (let i = head.indexOf('cookie', 0); i !== -1; i = head.indexOf('cookie', i + 1)) {
    const value = valueIn(head.valueAt(i), name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** RFC 6265 §4.2.1: pairs between semicolons. One pass: clients decide how long this gets. */
function valueIn(cookies: string, name: string): string | undefined {
  let start = 0;
  while (start < cookies.length) {
    const semicolon = cookies.indexOf(';', start);
    const end = semicolon === -1 ? cookies.length : semicolon;
    while (start < end && isBlank(cookies.charCodeAt(start))) start++;
    const equals = start + name.length;
    if (equals < end && cookies.charCodeAt(equals) === equalsByte && cookies.startsWith(name, start)) {
      return cookies.slice(equals + 1, end).trim();
    }
    start = end + 1;
  }
  return undefined;
}

const equalsByte = 61;

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
