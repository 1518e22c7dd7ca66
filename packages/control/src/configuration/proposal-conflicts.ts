import type { BackendDocument, Problem, RouteDocument } from '@sluice/model';
import type { ConfigurationState } from './configuration-state.ts';
import type { Documents, EntityChange, EntityType } from './entities.ts';
import type { Proposal, ProposedDocument } from './proposal.ts';

/** An entity keeps its id: another one makes another entity. */
export function changedId({ entityType, id, locate }: ProposedDocument): Problem {
  const message = `cannot be changed: it is ${id}; make a new ${entityType}, and remove this one`;
  return { path: [...locate([idField[entityType]])], message };
}

/** Ids and names that two entities of one proposal want. */
export function duplicateIds({ puts }: Proposal): Problem[] {
  const sameId = repeated(puts, ({ id }) => id)
    // An id that was not written is the name: one mistake, one problem.
    .filter(({ id, document }) => document.name !== id)
    .map((put) => alreadyThere(put, idField[put.entityType]));
  const sameName = repeated(puts, ({ document: { name } }) => (typeof name === 'string' ? name : undefined));
  return [...sameId, ...sameName.map((put) => alreadyThere(put, nameField))];
}

/** Names that would belong to two entities, one of which the proposal does not touch. */
export function takenNames(state: ConfigurationState, { puts }: Proposal, changes: readonly EntityChange[]): Problem[] {
  const touched = new Set(changes.map(({ entityType, entityId }) => `${entityType} ${entityId}`));
  // Made once: a proposal with many taken names would otherwise search the list for each of them.
  const places = new Map(puts.map((put) => [`${put.entityType} ${put.id}`, put.locate([nameField])]));
  return changes.flatMap(({ entityType, entityId, after }) => {
    if (after === undefined) return [];
    const holder = state.idOfName(entityType, after.name);
    if (holder === undefined || holder === entityId || touched.has(`${entityType} ${holder}`)) return [];
    const path = places.get(`${entityType} ${entityId}`) ?? [nameField];
    return [{ path: [...path], message: `${entityType} ${holder} has this name` }];
  });
}

/** A deployment compares two versions of a route: any other change of that route would change what is compared. */
export function beingDeployed({ byDeployment, byFile }: Proposal, changes: readonly EntityChange[]): Problem[] {
  if (byDeployment === true || byFile === true) return [];
  return changes.flatMap((change) => {
    const split = change.entityType === 'route' ? change.before?.split : undefined;
    if (split === undefined) return [];
    const message = `route ${change.entityId} is being deployed by ${split.deploymentId}: wait until it ends, or roll it back first`;
    return [{ path: [], message }];
  });
}

const idField = { route: 'routeId', backend: 'backendId' } as const satisfies { [T in EntityType]: keyof Documents[T] };
const nameField = 'name' satisfies keyof RouteDocument & keyof BackendDocument;

/** Those whose value an earlier one of the same type has. */
function repeated(
  puts: readonly ProposedDocument[],
  valueOf: (put: ProposedDocument) => string | undefined,
): ProposedDocument[] {
  const seen = new Set<string>();
  return puts.filter((put) => {
    const value = valueOf(put);
    if (value === undefined) return false;
    const mark = `${put.entityType} ${value}`;
    const isKnown = seen.has(mark);
    seen.add(mark);
    return isKnown;
  });
}

function alreadyThere({ entityType, locate }: ProposedDocument, field: string): Problem {
  return { path: [...locate([field])], message: `another ${entityType} of the list has it already` };
}
