/**
 * Puts generated text between the markers `<!-- name -->` and `<!-- /name -->` of a page. Throws unless the page
 * has each of them once, in this order.
 */
export function replaceRegion(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(open);
  const end = page.indexOf(close);
  const once = start === page.lastIndexOf(open) && end === page.lastIndexOf(close);
  if (start === -1 || end < start || !once) throw new Error(`expected ${open} and ${close}, once and in this order`);
  return `${page.slice(0, start + open.length)}\n${text.trim()}\n${page.slice(end)}`;
}
