import type { Logger } from '@sluice/service';
import type { Outcome } from '../configuration/index.ts';
import { reportOf } from './not-live.ts';
import type { PlaceOf, TrialsNow } from './not-live.ts';

/** The file that the log speaks of. */
export interface LoggedFile {
  readonly file: string;
  readonly placeOf: PlaceOf;
}

/** Says in the log what becomes of a file: each thing once. */
export class TrialLog {
  readonly #log: Logger;
  /** What is said of each trial by now. */
  readonly #told = new Map<string, string>();
  #behind = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `behind`: how many saves the file is older than what is live. */
  tell({ deployments }: TrialsNow, behind: number, { file, placeOf }: LoggedFile): void {
    if (behind !== this.#behind && behind > 0) {
      this.#log.warn('the file is older than what is live, so nothing of it is applied', { file, behind });
    }
    this.#behind = behind;
    for (const deployment of deployments.values()) {
      const { level, message, details, key } = reportOf(deployment, behind > 0 ? () => undefined : placeOf);
      if (this.#told.get(deployment.deploymentId) === key) continue;
      this.#told.set(deployment.deploymentId, key);
      this.#log[level](message, details);
    }
    for (const id of this.#told.keys()) if (!deployments.has(id)) this.#told.delete(id);
  }

  /** A trial ended because of a newer save. */
  withdrawn(deploymentId: string, { file }: LoggedFile): void {
    this.#told.delete(deploymentId);
    this.#log.info('a trial of the file ends, because the file was saved again', { deploymentId, file });
  }

  /** Warns of routes that changed at once, although their changes are measured as a rule. */
  unmeasured(routeIds: readonly string[], { changes }: Outcome, { placeOf }: LoggedFile): void {
    const changed = new Set(changes.map(({ entityId }) => entityId));
    for (const routeId of routeIds.filter((id) => changed.has(id))) {
      const message = 'a route matches other requests than before, so it went live at once, unmeasured';
      this.#log.warn(message, { routeId, lines: placeOf(routeId) });
    }
  }
}
