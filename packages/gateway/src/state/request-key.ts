import { requestKey } from './layout.ts';

/** Methods that are counted by name; every other one is `OTHER`, so that clients cannot invent time series. */
export const countedMethods = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'OTHER',
] as const;

const methodIndexes: ReadonlyMap<string, number> = new Map(countedMethods.map((method, index) => [method, index]));
const other = countedMethods.length - 1;

/** The number of a method in request counters. */
export function methodIndex(method: string): number {
  return method === 'GET' ? 0 : (methodIndexes.get(method) ?? other);
}

/** The number of a status in request counters: 1..1023, where 1023 stands for anything that is not a status. */
export function statusIndex(status: number): number {
  return status >= 1 && status < requestKey.statuses ? status | 0 : requestKey.statuses - 1;
}

/** Slot, method and status in 32 bits; never 0, because no status is. */
export function packKey(slot: number, method: number, status: number): number {
  return (slot << 14) | (method << 10) | status;
}

/** The slot in a packed key. */
export function slotOf(key: number): number {
  return key >>> 14;
}

/** The method in a packed key. */
export function methodOf(key: number): string {
  return countedMethods[(key >>> 10) & (requestKey.methods - 1)] ?? 'OTHER';
}

/** The status in a packed key. */
export function statusOf(key: number): number {
  return key & (requestKey.statuses - 1);
}
