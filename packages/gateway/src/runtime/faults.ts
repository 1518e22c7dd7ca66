import { formatPath, policyFiles } from '@sluice/model';
import type { NodeFault, RouteConfig } from '@sluice/model';
import type { SnapshotPlan } from '../compile/plan.ts';
import { keyFileProblems } from './key-files.ts';
import { checkSecrets, headerSecrets, keySets, versionsOf } from './named-by.ts';
import type { SecretUse } from './named-by.ts';
import type { NamedFiles } from './named-files.ts';
import type { Planner } from './planner.ts';

type KnownFiles = Pick<NamedFiles, 'trustOf' | 'secretOf' | 'credentialsOf'> & {
  /** The current text of a key set. */
  readonly keysOf: (name: string) => string | undefined;
};
type VersionFault = Pick<NodeFault, 'backend' | 'reason'>;

/** The routes and backends that are out of service because their configuration cannot be used. */
export class RouteFaults {
  readonly #routes = new Map<string, string>();

  /** A route that is compiled anew has no fault until a worker reports one. */
  begin({ upserts, removed }: Pick<SnapshotPlan, 'upserts' | 'removed'>): void {
    for (const { config } of upserts) this.#routes.delete(config.name);
    for (const name of removed) this.#routes.delete(name);
  }

  /** A route does not compile. */
  put(routeName: string, reason: string): void {
    this.#routes.set(routeName, `it does not compile: ${reason}`.slice(0, 300));
  }

  /** Everything that is out of service. */
  of(planner: Pick<Planner, 'named' | 'routesAtRisk'>, files: KnownFiles): NodeFault[] {
    const faults: NodeFault[] = [];
    for (const { config } of planner.named(this.#routes.keys())) {
      const { name, routeId, split } = config;
      const reason = this.#routes.get(name);
      if (reason !== undefined) faults.push({ routeId, isCandidate: split !== undefined, reason });
    }
    for (const { config } of planner.routesAtRisk()) {
      for (const version of versionsOf(config)) {
        const isCandidate = version !== config;
        for (const fault of faultsOf(version, files)) faults.push({ routeId: config.routeId, isCandidate, ...fault });
      }
    }
    return faults;
  }
}

function* faultsOf(
  version: RouteConfig,
  { trustOf, secretOf, credentialsOf, keysOf }: KnownFiles,
): Generator<VersionFault> {
  for (const use of headerSecrets(version))
    if (secretOf(use.secret) === undefined) yield { reason: unknownSecret(use) };
  for (const { path, name } of policyFiles(version))
    if (credentialsOf(name) === undefined) yield { reason: unknownFile(formatPath(path)) };
  for (const { path } of keyFileProblems(version, credentialsOf)) yield { reason: unknownFile(formatPath(path)) };
  for (const { path, keySet } of keySets(version))
    if (keysOf(keySet.name) === undefined)
      yield { reason: `${formatPath(path)}: this node has no keys from there yet; its log says why` };
  for (const backend of version.backends) {
    const trust = trustOf(backend.tls);
    if (!trust.ok) yield { backend: backend.name, reason: trust.reason };
    for (const use of checkSecrets(backend))
      if (secretOf(use.secret) === undefined) yield { backend: backend.name, reason: unknownSecret(use) };
  }
}

/** The same text for a missing file and an unusable one: it must not show which files exist. */
function unknownSecret({ field, secret }: SecretUse): string {
  return `${field}: this node cannot use the secret ${secret}; its log says why`;
}

function unknownFile(field: string): string {
  return `${field}: this node cannot use a file of this name; its log says why`;
}
