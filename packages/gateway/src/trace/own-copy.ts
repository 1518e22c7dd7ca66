/** The same text, with memory of its own. A slice keeps all of the text alive that it is a part of, such as a head. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
