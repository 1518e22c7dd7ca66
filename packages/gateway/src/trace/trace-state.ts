import type { Head } from '../http1/head.ts';

/** W3C Trace Context §3.3.1.3.1 and §3.3.1.3.2. */
const memberPattern =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const mostMembers = 32;
/** How much of it is passed on, in characters (§3.3.1.5). */
const longestState = 512;
/** When there is more, members that are longer than this are the first to go (§3.3.1.5). */
const longMember = 128;

/**
 * The members of `tracestate`, from all fields of this name. A list that is malformed, has a key twice or has too many members
 * is dropped as a whole; one that is too long is cut.
 */
export function readTraceState(head: Head): string {
  const value = head.combined('tracestate');
  if (value === undefined) return '';
  const members = value.split(',').map(trimmed);
  const given = members.filter((member) => member !== '');
  if (given.length > mostMembers || !given.every((member) => memberPattern.test(member))) return '';
  if (new Set(given.map((member) => member.slice(0, member.indexOf('=')))).size < given.length) return '';
  return given.join(',').length <= longestState ? given.join(',') : shortened(given);
}

function shortened(members: readonly string[]): string {
  const kept = [...members];
  let length = kept.join(',').length;
  for (let index = kept.length - 1; index >= 0 && length > longestState; index--) {
    if (kept[index].length > longMember) length -= kept.splice(index, 1)[0].length + 1;
  }
  while (length > longestState) length -= (kept.pop() as string).length + 1;
  return kept.join(',');
}

/** Without the white space of HTTP around it, which does not count. */
function trimmed(member: string): string {
  return member.replace(/^[ \t]+|[ \t]+$/g, '');
}
