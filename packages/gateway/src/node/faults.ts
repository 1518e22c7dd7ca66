import type { RoutePlan, SnapshotPlan } from '../compile/plan.ts';
import type { TrustOf } from '../forward/trust.ts';

/** A part of the configuration that this node cannot run. The rest of it runs. */
export interface BackendFault {
  readonly routeName: string;
  /** Undefined when it is the route as a whole. */
  readonly backendName: string | undefined;
  /** It belongs to the candidate of a deployment only. */
  readonly isCandidate: boolean;
  /** In words that everybody may read. */
  readonly reason: string;
}

/** What is out of service by what the configuration says of it. */
export class RouteFaults {
  readonly #routes = new Map<string, string>();

  /** What is compiled anew, or gone, is right until a worker says otherwise. */
  begin({ upserts, removed }: Pick<SnapshotPlan, 'upserts' | 'removed'>): void {
    for (const { config } of upserts) this.#routes.delete(config.name);
    for (const name of removed) this.#routes.delete(name);
  }

  /** A route does not compile. */
  put(routeName: string, reason: string): void {
    this.#routes.set(routeName, `it does not compile: ${reason}`.slice(0, 300));
  }

  /** All that is out of service. */
  of(plans: Iterable<RoutePlan>, trustOf: TrustOf): BackendFault[] {
    const faults: BackendFault[] = [];
    for (const { config } of plans) {
      const { name: routeName, split } = config;
      const reason = this.#routes.get(routeName);
      if (reason !== undefined)
        faults.push({ routeName, backendName: undefined, isCandidate: split !== undefined, reason });
      for (const version of [config, ...(split === undefined ? [] : [split.candidate])]) {
        for (const { name: backendName, tls } of version.backends) {
          const trust = trustOf(tls);
          if (trust.ok) continue;
          faults.push({ routeName, backendName, isCandidate: version !== config, reason: trust.reason });
        }
      }
    }
    return faults;
  }
}
