import { ConfigurationConflictError } from '../configuration/index.ts';
import { ConflictError } from '../store/index.ts';

/** How often a change is tried when others write at the same time. */
const attempts = 30;

/** The collections in which a conflict means that what was read is out of date. */
const ours: ReadonlySet<string> = new Set(['deployments', 'deployment_events', 'delivery_line']);

/** Reads, decides and writes again when somebody else wrote first. */
export async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError && ours.has(error.collection))) throw error;
      if (attempt === attempts) throw new ConfigurationConflictError('too many changes at the same time: try again');
    }
  }
}
