import type { DeploymentEventKind, DeploymentSettings } from '@sluice/model';
import type { Author, Document } from '../configuration/index.ts';
import type { Write } from '../store/store.ts';
import type { Deployment, DeploymentStatus } from './deployment.ts';
import type { PlainChange } from './plain-deployment.ts';
import type { Verdict } from './judge/verdict.ts';

/** Who acts, as far as it matters here. */
export interface Actor extends Author {
  /** Admins may take the emergency path. */
  readonly isAdmin: boolean;
}

/** One route of a deployment that is asked for: a stored version by its name, or the whole route as it shall be. */
export interface RequestedRoute {
  readonly routeId: string;
  readonly configVersion?: string | undefined;
  readonly route?: Document | undefined;
}

/** A deployment that is asked for; its settings have been parsed. */
export interface RequestedDeployment {
  readonly routes: readonly RequestedRoute[];
  readonly settings: DeploymentSettings;
}

/** What a person can do to a deployment. */
export type DeploymentAction =
  | { readonly kind: 'approve'; readonly reason?: string | undefined }
  | { readonly kind: 'reject'; readonly reason: string }
  /** Without a target: to the next phase. 100 brings it to its end. */
  | {
      readonly kind: 'promote';
      readonly targetPercentage?: number | undefined;
      /** The phase that was seen; when it is another one by now, nothing is done. */
      readonly fromPhaseIndex?: number | undefined;
    }
  | { readonly kind: 'pause'; readonly reason?: string | undefined }
  | { readonly kind: 'resume' }
  | { readonly kind: 'rollback'; readonly reason: string };

/** Something that happened to a deployment, as it is kept. */
export type DeploymentEvent = {
  readonly deploymentId: string;
  /** Counts the events of the deployment, from 1. */
  readonly sequence: number;
  readonly at: string;
  readonly kind: DeploymentEventKind | 'verdict' | 'waiting' | 'nodeStarted' | 'nodeCompleted' | 'percentageChanged';
  /** Who; `sluice` when nobody asked. */
  readonly by: string;
  /** One sentence for a person. */
  readonly text: string;
  readonly status: DeploymentStatus;
  readonly phaseIndex: number;
  readonly percentage: number;
  readonly verdict?: Verdict | undefined;
};

/** Which deployments. */
export interface DeploymentQuery {
  readonly routeId?: string | undefined;
  readonly status?: DeploymentStatus | undefined;
  readonly environment?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** What goes with a change that a person asks for. */
export interface ActionContext {
  readonly actor: Actor;
  readonly dryRun?: boolean | undefined;
  /** Writes that are committed together with it: its audit entry, its idempotency key. */
  readonly alongside?: ((deployment: Deployment) => readonly Write[]) | undefined;
}

/** Whether anything moves forward. */
export type LineState = {
  readonly stopped: boolean;
  readonly by?: string | undefined;
  readonly at?: string | undefined;
  readonly reason?: string | undefined;
};

/**
 * The deployments of a control plane. Writing methods reject with a ValidationError, NotFoundError,
 * ConfigurationConflictError (409: it has ended, it is not in a state for that, a route is taken), a
 * ForbiddenActionError (403: the author approves, an emergency by somebody who is no admin), or the store's own errors.
 */
export interface Deployments {
  /** With `dryRun` nothing is stored: what is given back is what would be. */
  create(requested: RequestedDeployment, context: ActionContext): Promise<Deployment>;
  act(deploymentId: string, action: DeploymentAction, context: ActionContext): Promise<Deployment>;
  get(deploymentId: string): Promise<Deployment>;
  /** The newest first. */
  list(query: DeploymentQuery): Promise<{ readonly items: readonly Deployment[]; readonly total: number }>;
  /** In order, those after `after` only. */
  events(
    deploymentId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly DeploymentEvent[]>;
  /**
   * The figures of this moment; undefined before there are any, or when it has ended: then the last verdict counts. Fresh
   * on every control process, since all hear of all nodes.
   */
  figures(deployment: Deployment): Verdict | undefined;
  /** Told of each deployment that changed, on this process or another; returns what ends that. */
  onChange(listener: (deploymentId: string) => void): () => void;
  /** Whether the line is stopped. */
  line(): Promise<LineState>;
  /** Stops or restarts the line: while it is stopped nothing moves forward, but rollbacks go on. */
  setLine(
    next: { readonly stopped: boolean; readonly reason?: string | undefined },
    context: Omit<ActionContext, 'alongside'> & { readonly alongside?: (() => readonly Write[]) | undefined },
  ): Promise<LineState>;
  /** The writes that record a plain change of one route as a deployment of one step. */
  recordPlain(change: PlainChange): readonly Write[];
}
