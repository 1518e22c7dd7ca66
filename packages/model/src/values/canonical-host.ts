/**
 * The one spelling of a host (without port) by which hosts are compared: in lower case, without the dot that ends a
 * fully qualified name (RFC 1034 §3.1), and an IPv6 address in its short form (RFC 5952).
 */
export function canonicalHost(host: string): string {
  if (host.startsWith('[')) return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
  return (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase();
}
