/** The part of `/health` that the tests look at. */
export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly revision: number;
  readonly lastRefusal?: unknown;
  readonly control?: { readonly leading: boolean; readonly converged: boolean; readonly nodes: number };
}

/** What `/health` on this management port says. */
export async function healthOf(managementPort: number): Promise<Health> {
  return (await (await fetch(`http://127.0.0.1:${managementPort}/health`)).json()) as Health;
}
