/** A part of a list that is in memory. */
export function pageOf<T>(
  items: readonly T[],
  { limit, offset }: { readonly limit: number; readonly offset: number },
): { readonly items: readonly T[]; readonly total: number; readonly limit: number; readonly offset: number } {
  return { items: items.slice(offset, offset + limit), total: items.length, limit, offset };
}
