/** The address at which this machine reaches what listens on a host and a port. */
export function reachableUrl(scheme: string, { host, port }: { readonly host: string; readonly port: number }): string {
  // An address that stands for all of them cannot be connected to everywhere; this machine always can.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
