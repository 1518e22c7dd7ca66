import type { Deployment, DeploymentEvent, Deployments } from '../../deployment/index.ts';

const pageSize = 100;

/** What the watches of one deployment read. Everything is read once for all of them. */
export class DeploymentFeed {
  readonly #deployments: Deployments;
  readonly #id: string;
  readonly #pages = new Map<number, Promise<readonly DeploymentEvent[]>>();
  #deployment: Promise<Deployment> | undefined;

  constructor(deployments: Deployments, deploymentId: string) {
    this.#deployments = deployments;
    this.#id = deploymentId;
  }

  /** The deployment has changed, or may have: everything is read again. */
  forget(): void {
    this.#deployment = undefined;
    this.#pages.clear();
  }

  deployment(): Promise<Deployment> {
    return (this.#deployment ??= this.#deployments.get(this.#id).catch((error: unknown) => this.#refuse(error)));
  }

  /** The next events after that sequence, in order; none when there are no more. */
  eventsAfter(after: number): Promise<readonly DeploymentEvent[]> {
    const known =
      this.#pages.get(after) ??
      this.#deployments.events(this.#id, { after, limit: pageSize }).catch((error: unknown) => this.#refuse(error));
    this.#pages.set(after, known);
    return known;
  }

  /** The next reader asks the store again. */
  #refuse(error: unknown): never {
    this.forget();
    throw error;
  }
}
