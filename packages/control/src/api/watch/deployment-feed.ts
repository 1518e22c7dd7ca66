import type { Deployment, DeploymentEvent, Deployments } from '../../deployment/index.ts';

const pageSize = 100;

/** What all who watch one deployment read: each thing is read once for all of them. */
export class DeploymentFeed {
  readonly #deployments: Deployments;
  readonly #id: string;
  readonly #pages = new Map<number, Promise<readonly DeploymentEvent[]>>();
  #deployment: Promise<Deployment> | undefined;

  constructor(deployments: Deployments, deploymentId: string) {
    this.#deployments = deployments;
    this.#id = deploymentId;
  }

  /** It has changed, or may have: what was read does not count any more. */
  forget(): void {
    this.#deployment = undefined;
    this.#pages.clear();
  }

  /** As it is now. */
  deployment(): Promise<Deployment> {
    return (this.#deployment ??= this.#deployments.get(this.#id).catch((error: unknown) => this.#refuse(error)));
  }

  /** The next events after that one, in order; none when there are no more. */
  eventsAfter(after: number): Promise<readonly DeploymentEvent[]> {
    const known =
      this.#pages.get(after) ??
      this.#deployments.events(this.#id, { after, limit: pageSize }).catch((error: unknown) => this.#refuse(error));
    this.#pages.set(after, known);
    return known;
  }

  /** A store that was away for a moment is asked again by whoever comes next. */
  #refuse(error: unknown): never {
    this.forget();
    throw error;
  }
}
