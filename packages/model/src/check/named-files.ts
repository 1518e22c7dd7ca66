import type { BackendConfig } from '../config/backend-config.ts';
import { policyFiles, policyModules } from './policy-files.ts';
import type { FilesOfPolicies, ModulesOfPolicies } from './policy-files.ts';
import { isFileName } from '../values/file-name.ts';
import type { Problem } from '../values/problem.ts';

/**
 * What is wrong with the file that a backend names. Over the API it may only be a name in the folder that each node allows,
 * since users of the API have no say over the disks of nodes.
 */
export function namedFileProblems({ tls }: Pick<BackendConfig, 'tls'>): Problem[] {
  if (tls?.caFile === undefined || isFileName(tls.caFile)) return [];
  const message =
    'expected the name of a file in the node.filesFolder of the nodes, such as ca.pem, and no path; or write the text itself as ca';
  return [{ path: ['tls', 'caFile'], message }];
}

/**
 * The same for the files that the policies of a route name, and for modules: whoever may write routes must not be able to run
 * code by that alone. Paths begin at the route.
 */
export function policyFileProblems(route: FilesOfPolicies & ModulesOfPolicies): Problem[] {
  const file = 'expected the name of a file in the node.filesFolder of the nodes, such as jwt.pem, and no path';
  const module =
    'expected the name of a file in the node.policiesFolder of the nodes, such as my-policy.ts, and no path';
  return [
    ...policyFiles(route).flatMap(({ path, name }) => (isFileName(name) ? [] : [{ path, message: file }])),
    ...policyModules(route).flatMap(({ path, name }) => (isFileName(name) ? [] : [{ path, message: module }])),
  ];
}
