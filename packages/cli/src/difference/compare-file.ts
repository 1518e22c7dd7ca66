import type { ProblemResource } from '@sluice/control/client';
import type { BodyInput } from '@sluice/model/api';
import type { ConfigProblem } from '@sluice/service';
import { readPath } from '../file-configuration/read-path.ts';
import type { RoutesFile } from '../file-configuration/read-routes-file.ts';
import type { Change } from './draw-difference.ts';
import { joinWarnings } from './report-warnings.ts';

/** A file whose content is right by itself. */
export type RightFile = Extract<RoutesFile, { ok: true }>;

/** What a file comes to, in the light of what the control plane has. */
export interface Comparison {
  /** The current one. */
  readonly revision: number;
  readonly changes: readonly Change[];
  /** With their places in the file. */
  readonly problems: readonly ConfigProblem[];
  /** What the file hardly means, by itself or beside what is there. */
  readonly warnings: readonly ConfigProblem[];
}

/** The body of a request with the content of a file. */
export function bodyOf({ routes, backends }: RightFile, prune: boolean): BodyInput<'diffConfiguration'> {
  return { configuration: { routes, backends }, prune };
}

/** The answer to a dry run, as far as it counts here. */
export interface Preview {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly problems: readonly ProblemResource[];
  readonly warnings: readonly ProblemResource[];
}

/** Gives what the control plane found its places in the file. */
export function located({ revision, changes, problems, warnings }: Preview, file: RightFile): Comparison {
  const place = (problem: ProblemResource): ConfigProblem => {
    const steps = readPath(problem.path);
    return file.locate({ ...problem, path: steps[0] === 'configuration' ? steps.slice(1) : steps });
  };
  return {
    revision,
    changes,
    problems: problems.map(place),
    warnings: joinWarnings(warnings.map(place), file.warnings),
  };
}
