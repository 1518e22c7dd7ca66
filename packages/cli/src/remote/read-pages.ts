/** The largest page that the API gives. */
const largestPage = 100;

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are in all. */
  readonly total: number;
}

/** Reads so many items of a list, page by page. */
export async function readPages<T>(
  most: number,
  read: (page: { readonly limit: number; readonly offset: number }) => Promise<Page<T>>,
): Promise<Page<T>> {
  const items: T[] = [];
  for (;;) {
    const limit = Math.min(largestPage, most - items.length);
    const page = await read({ limit, offset: items.length });
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= Math.min(most, page.total)) return { items, total: page.total };
  }
}
