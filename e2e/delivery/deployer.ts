import type { DeploymentMetrics, DeploymentResource } from '@sluice/model/api';
import { until } from '../kit/index.ts';
import type { Answer, ManagementApi } from '../kit/index.ts';
import type { VersionBackends } from './backends.ts';

/** The part of an event that is looked at. */
export interface HappenedEvent {
  readonly sequence: number;
  readonly at: string;
  readonly kind: string;
  readonly text: string;
}

/** How many ms the looks at a deployment are apart. Each look is a request, and phases take longer than this. */
const pace = 50;

/** Makes routes and deployments over the management API. */
export class Deployer {
  readonly #api: ManagementApi;
  readonly #backends: Pick<VersionBackends, 'stable' | 'candidate'>;

  constructor(api: ManagementApi, backends: Pick<VersionBackends, 'stable' | 'candidate'>) {
    this.#api = api;
    this.#backends = backends;
  }

  /** The whole document of a route: `/<name>/**` goes to the backend of one version. */
  routeAt(name: string, version: 'stable' | 'candidate'): Record<string, unknown> {
    return {
      name,
      pathPattern: `/${name}/**`,
      version: version === 'stable' ? '1.0' : '2.0',
      backends: [{ name: version, url: this.#backends[version].url }],
    };
  }

  /** Makes routes that serve the stable version. */
  async addRoutes(...names: string[]): Promise<void> {
    for (const name of names) await this.#addRoute(name, '');
  }

  /** Makes a route, whatever holds changes now. */
  addRouteUrgently(name: string): Promise<void> {
    return this.#addRoute(name, '?emergency=true&reason=the+test+needs+it');
  }

  async #addRoute(name: string, query: string): Promise<void> {
    await this.#api.acknowledged('POST', `/gateway/routes${query}`, this.routeAt(name, 'stable'));
  }

  /** Deploys the candidate on a route; fails when that is refused. */
  deploy(route: string, settings: object): Promise<DeploymentResource> {
    return this.create(this.requestFor(route, settings));
  }

  /** Makes a deployment of whatever is asked for; fails when that is refused. */
  async create(request: object): Promise<DeploymentResource> {
    return parsed(await this.#api.acknowledged('POST', '/gateway/deployments', request));
  }

  /** The same, whatever is answered. */
  tryDeploy(route: string, settings: object): Promise<Answer> {
    return this.#api.request('POST', '/gateway/deployments', this.requestFor(route, settings));
  }

  /** The body of a request to deploy the candidate on a route. */
  requestFor(route: string, settings: object): object {
    return { routeId: route, route: this.routeAt(route, 'candidate'), ...settings };
  }

  /** Does something to a deployment; fails when that is refused. */
  async act(deploymentId: string, action: string, body?: object): Promise<DeploymentResource> {
    return parsed(await this.#api.acknowledged('POST', `/gateway/deployments/${deploymentId}/${action}`, body));
  }

  async get(deploymentId: string): Promise<DeploymentResource> {
    return parsed(await this.#api.acknowledged('GET', `/gateway/deployments/${deploymentId}`));
  }

  /** The deployments of a route, the newest first; changes of the route that were no deployments are left out. */
  async list(routeId: string): Promise<readonly DeploymentResource[]> {
    const { body } = await this.#api.acknowledged('GET', `/gateway/deployments?routeId=${routeId}&limit=100`);
    const { deployments } = JSON.parse(body) as { deployments: readonly DeploymentResource[] };
    return deployments.filter(({ strategy }) => strategy !== 'Direct');
  }

  /** The figures of both versions. */
  async metrics(deploymentId: string): Promise<DeploymentMetrics> {
    return parsed(await this.#api.acknowledged('GET', `/gateway/deployments/${deploymentId}/metrics`));
  }

  /** Waits until a deployment is as it should be. */
  async whenItIs(
    deploymentId: string,
    what: string,
    isSo: (deployment: DeploymentResource) => boolean,
  ): Promise<DeploymentResource> {
    let last: DeploymentResource | undefined;
    const look = async (): Promise<DeploymentResource | false> => {
      last = await this.get(deploymentId);
      if (isSo(last)) return last;
      if (last.completedAt !== undefined) throw new Error(`${what}: it has ended. ${await this.story(deploymentId)}`);
      return false;
    };
    return until(`${deploymentId}: ${what}`, look, { detail: () => JSON.stringify(last), pace });
  }

  /** Waits for the end of a deployment, and until every node serves what follows from it. */
  async whenEnded(deploymentId: string): Promise<DeploymentResource> {
    const ended = await this.whenItIs(deploymentId, 'ended', ({ completedAt }) => completedAt !== undefined);
    await this.whenConverged();
    return ended;
  }

  /** Waits until every node runs the latest revision. */
  async whenConverged(): Promise<void> {
    await until(
      'the nodes to converge',
      async () => {
        const { body } = await this.#api.acknowledged('GET', '/gateway/nodes');
        return (JSON.parse(body) as { converged: boolean }).converged;
      },
      { pace },
    );
  }

  /** Everything that happened to a deployment that has ended. */
  async events(deploymentId: string): Promise<readonly HappenedEvent[]> {
    const { body } = await this.#api.acknowledged('GET', `/gateway/deployments/${deploymentId}/events`);
    return body.split('\n\n').flatMap((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
      return fields.has('id') ? [JSON.parse(fields.get('data') ?? '') as HappenedEvent] : [];
    });
  }

  /** The same for a person who wants to know why a test failed. */
  async story(deploymentId: string): Promise<string> {
    return (await this.events(deploymentId)).map(({ at, kind, text }) => `${at} ${kind}: ${text}`).join('\n');
  }
}

function parsed({ body }: Answer) {
  return JSON.parse(body) as never;
}
