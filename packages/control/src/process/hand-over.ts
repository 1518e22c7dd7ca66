import type { Problem, RouteDocument } from '@sluice/model';
import { isFileName, isWritten, policyFiles, policyModules } from '@sluice/model';
import type { Configuration, Outcome } from '../configuration/index.ts';

/** The routes cannot change hands: half of a hand-over would lose the routes of one side. Nothing was changed. */
export class HandOverError extends Error {
  override readonly name = 'HandOverError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}

/** How many routes are named in one message. */
const mostNamed = 3;

/**
 * Why the API cannot take over the routes of a file as they are; empty when it can. A configuration file names other files by
 * any path, the API by a name in the folder that each node allows.
 */
export function letGoProblems(
  configuration: Pick<Configuration, 'routes' | 'sharedBackendIds' | 'sharedBackend'>,
): Problem[] {
  const shared = configuration.sharedBackendIds().flatMap((id) => {
    const document = configuration.sharedBackend(id)?.document;
    return document?.tls?.caFile === undefined ? [] : [`backend ${id}`];
  });
  const routes = configuration
    .routes()
    .flatMap(({ document }) => (namesAuthorities(document) ? [`route ${document.routeId}`] : []));
  const policies = configuration
    .routes()
    .flatMap(({ document }) => (policiesNamePaths(document) ? [`route ${document.routeId}`] : []));
  return [...neededFor([...routes, ...shared], byCaFile), ...neededFor(policies, byPath)];
}

const byCaFile =
  'trusts authorities by the path of a file (tls.caFile), which only a file may. Write them as tls.ca first';
const byPath =
  'has a policy that names a file by its path, which only a file may. Put it into node.filesFolder (a module into node.policiesFolder) and write its name there first';

function neededFor(users: readonly string[], reason: string): Problem[] {
  if (users.length === 0) return [];
  return [{ path: ['routes'], message: `is still needed: ${named(users)} ${reason}` }];
}

/** Why a file cannot take over the routes from the API while it runs, by what its import would do; empty when it can. */
export function takeOverProblems({ changes, problems }: Outcome, file: string, isDeploying: boolean): Problem[] {
  if (isDeploying) {
    const message =
      'the API owns the routes, and deployments of them are in progress: save the file again when they have ended';
    return [{ path: ['routes'], message }];
  }
  const changed = changes.map(({ entityType, entityId }) => `${entityType} ${entityId}`);
  if (changed.length === 0) return [...problems];
  const message =
    `the API owns the routes, and they are not those of ${file} (${named(changed)}): nothing was changed. ` +
    `Make them equal (sluice diff ${file} shows the difference, sluice apply ${file} --prune brings in the file), then save the file again; ` +
    'or restart, which removes what the file does not contain';
  return [{ path: ['routes'], message }];
}

function namesAuthorities({ backends, split }: RouteDocument): boolean {
  const all = [...backends, ...(split?.candidate.backends ?? [])];
  return all.some((backend) => isWritten(backend) && backend.tls?.caFile !== undefined);
}

function policiesNamePaths(document: RouteDocument): boolean {
  const versions = document.split === undefined ? [document] : [document, document.split.candidate];
  return versions.some((version) =>
    [...policyFiles(version), ...policyModules(version)].some(({ name }) => !isFileName(name)),
  );
}

function named(list: readonly string[]): string {
  const left = list.length - mostNamed;
  return `${list.slice(0, mostNamed).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
