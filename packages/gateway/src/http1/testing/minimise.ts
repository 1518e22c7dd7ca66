/** The shortest text that can be found by leaving out stretches of `text` and for which `fails` still holds. */
export function minimise(text: string, fails: (shorter: string) => boolean): string {
  let shortest = text;
  let size = Math.ceil(text.length / 2);
  while (size >= 1) {
    const shorter = withoutOneStretch(shortest, size, fails);
    if (shorter !== undefined) shortest = shorter;
    else if (size === 1) return shortest;
    else size = Math.ceil(size / 2);
  }
  return shortest;
}

function withoutOneStretch(text: string, size: number, fails: (shorter: string) => boolean): string | undefined {
  for (let at = 0; at < text.length; at += size) {
    const shorter = text.slice(0, at) + text.slice(at + size);
    if (fails(shorter)) return shorter;
  }
  return undefined;
}
