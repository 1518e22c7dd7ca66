import type { ControlPlane } from '@sluice/control';
import type { Problem } from '@sluice/model';
import type { FileConfig, FollowingNode, GatewayRunner } from '@sluice/node';

/** The parts of a process that the routes change hands between. */
export interface HandOverParts {
  /** Undefined in a process without a control plane. */
  readonly session: { readonly plane: ControlPlane | undefined } | undefined;
  readonly runner: GatewayRunner | undefined;
  readonly node: FollowingNode | undefined;
  /** As the user wrote it. */
  readonly file: string;
}

/** The routes cannot change hands while the process runs. */
class OwnerError extends Error {
  override readonly name: string = 'OwnerError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.problems = problems;
  }
}

/** The store is away: the file is read again when it may be back. */
class OwnerUnknownError extends OwnerError {
  override readonly name = 'StoreUnavailableError';
}

/**
 * Hands the routes of a running process over to whoever the changed file names: to the API when it has none, back to the file
 * when it has the same as the API. What serves stays as it is. Rejects with an error that has problems, and then nothing was
 * changed.
 */
export async function handOver({ session, runner, node, file }: HandOverParts, next: FileConfig): Promise<void> {
  if (session === undefined) throw new OwnerError([atRoutes(withoutControl[next.routesOwner])]);
  const { plane } = session;
  const { placeOf: _placeOf, ...settings } = next;
  if (plane === undefined) throw new OwnerUnknownError([atRoutes('change hands when the store can be reached again')]);
  if (next.routesOwner === 'file') {
    await plane.takeOver(next, file);
    await runner?.applySettings(settings);
    return;
  }
  const problems = plane.letGoProblems();
  if (problems.length > 0) throw new OwnerError(problems);
  // The settings come first: they may be refused, and then the file still owns the routes.
  await runner?.applySettings(settings);
  await plane.letGo(file);
  node?.takeRoutes();
}

function atRoutes(message: string): Problem {
  return { path: ['routes'], message };
}

const withoutControl = {
  api: 'is still needed: this process has no control plane that could manage them; restart it as role all, or with node.controlUrls',
  file: 'the control plane manages the routes of this process: restart it to run those of the file',
} as const;
