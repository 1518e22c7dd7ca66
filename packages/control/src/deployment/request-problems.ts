import {
  gateProblems,
  isWritten,
  matchFields,
  namedFileProblems,
  phaseProblems,
  policyFileProblems,
} from '@sluice/model';
import type { DeploymentsConfig, DeploymentSettings, Problem, RouteDocument } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';

/** Fields that both versions have to share: otherwise they would get different requests, which cannot be compared. */
const sameFields = ['name', ...matchFields, 'isEnabled'] as const;

/** Problems of the settings of a deployment that their schema does not find. */
export function settingsProblems(
  settings: DeploymentSettings,
  { prometheus }: Pick<DeploymentsConfig, 'prometheus'>,
): Problem[] {
  const { strategy, phases, emergency, reason, mirror, testers, gates } = settings;
  const problems: Problem[] = [];
  const only = (key: string, of: string): Problem => ({ path: [key], message: `is for ${of}; ${strategy} has none` });
  if (phases !== undefined && strategy !== 'Canary') problems.push(only('phases', 'Canary'));
  problems.push(...phaseProblems(phases));
  const divides = strategy === 'Canary' || strategy === 'ABTest';
  if (mirror !== undefined && strategy !== 'Canary') problems.push(only('mirror', 'Canary'));
  if (testers.length > 0 && !divides) problems.push(only('testers', 'Canary and ABTest'));
  if (settings.sticky !== undefined && !divides) problems.push(only('sticky', 'Canary and ABTest'));
  problems.push(...gateProblems(gates, { prometheus }));
  if (emergency && reason === undefined) {
    problems.push({ path: ['reason'], message: 'an emergency needs a reason, which the audit log records' });
  }
  return problems;
}

/** Files that a candidate may not name. Paths begin at the route. */
export function fileProblems(route: RouteDocument): Problem[] {
  const ofBackends = route.backends.flatMap((backend, index) => {
    const problems = isWritten(backend) ? namedFileProblems(backend) : [];
    return problems.map(({ path, message }) => ({ path: ['backends', index, ...path], message }));
  });
  return [...ofBackends, ...policyFileProblems(route)];
}

/** Why a candidate cannot be compared with the stable version. Paths begin at the route. */
export function candidateProblems(
  candidate: RouteDocument,
  stable: RouteDocument | undefined,
  { strategy }: DeploymentSettings,
): Problem[] {
  if (strategy === 'Direct') return [];
  if (stable === undefined) {
    return [{ path: [], message: `the route does not exist yet, so there is nothing to compare with: use Direct` }];
  }
  if (!stable.isEnabled) {
    return [{ path: ['isEnabled'], message: 'the route is disabled, so nobody reaches either version: use Direct' }];
  }
  return sameFields
    .filter((field) => !isDeepStrictEqual(candidate[field], stable[field]))
    .map((field) => ({
      path: [field],
      message: `${strategy} sends the same requests to both versions, so this field cannot differ: change it with Direct`,
    }));
}
