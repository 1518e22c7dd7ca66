/**
 * What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, which is what a subscriber or a
 * machine is usually given (RFC 6177), and all of which it can use at once.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  // IPv4 in IPv6 form (::ffff:192.0.2.1) is that one address.
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [left, right] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (right === undefined) return left.slice(0, 4).join(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
