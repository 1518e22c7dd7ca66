import type {
  AnalysisConfig,
  DeploymentSettings,
  DeploymentStrategy,
  Immutable,
  MirrorConfig,
  RouteDocument,
} from '@sluice/model';
import type { DeploymentEventResource } from '@sluice/model/api';
import type { Author } from '../configuration/index.ts';
import type { JudgeState, SideFigures, Verdict } from './judge/index.ts';

/** Something that happened to a deployment, as it is stored and answered. */
export type DeploymentEvent = Immutable<DeploymentEventResource>;

/** The state of a deployment. Nothing changes after the last four. */
export type DeploymentStatus = DeploymentEvent['status'];

/** One route that a deployment brings a new version of. */
export type DeployedRoute = {
  readonly routeId: string;
  /** The name that its author gave the new version. */
  readonly configVersion: string;
  /** The name of the version that serves until then; undefined for a new route. */
  readonly stableVersion?: string | undefined;
  /** The whole new version of the route, without a split. */
  readonly candidate: RouteDocument;
  /** What a Direct deployment replaced when it began. It is restored unless the deployment completes. */
  readonly stable?: RouteDocument | undefined;
  /** What its author and approvers compared it with. Absent in plain changes, and in what earlier versions stored. */
  readonly lookedAt?: Reviewed | undefined;
};

/** What a new version of a route was compared with when its deployment was requested. */
export type Reviewed = {
  /** The route as it served then, without a split; absent when there was none. */
  readonly base?: RouteDocument | undefined;
  /** Digests of the candidates of the deployments that it was to wait for. These may serve, too, when it begins. */
  readonly ahead: readonly string[];
  /** Digests of the shared backends that the candidate uses, by id. */
  readonly backends: Readonly<Record<string, string>>;
};

/** One phase as it was planned, and its progress. Times are ISO 8601, durations in milliseconds. */
export type DeploymentPhase = {
  readonly name: string;
  /** The candidate's share when the phase begins. */
  readonly trafficPercentage: number;
  readonly duration: number;
  readonly mirror?: MirrorConfig | undefined;
  readonly analysis: AnalysisConfig;
  readonly needsApproval: boolean;
  readonly status: 'Pending' | 'AwaitingApproval' | 'InProgress' | 'Completed' | 'Skipped' | 'RolledBack';
  readonly startedAt?: string | undefined;
  readonly completedAt?: string | undefined;
  /** When its patience (`analysis.maxWait`) began anew: it was resumed, or the share changed. */
  readonly patientSince?: string | undefined;
  /** Time that it was paused, in milliseconds. It does not count towards the duration. */
  readonly pausedMs?: number | undefined;
};

/** Whether a person has to approve, and what they decided. */
export type Approval = {
  readonly status: 'NotRequired' | 'Pending' | 'Approved' | 'Rejected';
  readonly by?: string | undefined;
  readonly at?: string | undefined;
  readonly reason?: string | undefined;
};

/** What happens within a phase. */
export type DeploymentStep =
  /** Nodes prepare the candidate, which gets no traffic yet. */
  | { readonly kind: 'warming'; readonly since: string }
  /** The new version serves everything, and every live node has yet to report that it runs it. */
  | {
      readonly kind: 'settling';
      /** The revision of the configuration before the deployment began. */
      readonly revision: number;
    }
  /** The candidate has the share of the phase. */
  | { readonly kind: 'serving' }
  /** Nodes change one after the other. */
  | {
      readonly kind: 'rolling';
      /** Nodes that run the candidate and are well. */
      readonly done: readonly string[];
      /** Nodes that are being changed: they drain, then run the candidate and are verified. */
      readonly turning: readonly TurningNode[];
    };

/** A node that a Rolling deployment is changing. */
export type TurningNode = {
  readonly nodeId: string;
  readonly stage: 'draining' | 'verifying';
  readonly since: string;
  /** The revision of the configuration before the stage began. */
  readonly revision: number;
};

/** The progressive delivery of new versions of one or several routes. */
export type Deployment = {
  readonly deploymentId: string;
  readonly routes: readonly DeployedRoute[];
  readonly strategy: DeploymentStrategy;
  readonly environment: string;
  readonly reason?: string | undefined;
  readonly author: Author;
  /** The name of the person who made the API key that is the author, in what earlier versions stored. */
  readonly behind?: string | undefined;
  readonly settings: DeploymentSettings;
  readonly status: DeploymentStatus;
  readonly approval: Approval;
  readonly phases: readonly DeploymentPhase[];
  /** -1 before the first. */
  readonly currentPhaseIndex: number;
  readonly step?: DeploymentStep | undefined;
  /** The candidate's share now, 0 to 100. */
  readonly percentage: number;
  /** Counts the phases and the changes of the share. Nodes count requests by epoch. */
  readonly epoch: number;
  /** What it waits for, in one sentence. */
  readonly waitingFor?: string | undefined;
  /** Why it is paused. `asks` when the analysis wants a decision. */
  readonly paused?:
    | { readonly at: string; readonly by?: string | undefined; readonly reason: string; readonly asks: boolean }
    | undefined;
  readonly verdict?: Verdict | undefined;
  readonly judge?: JudgeState | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt?: string | undefined;
  /** When it ended, however it ended. */
  readonly completedAt?: string | undefined;
  readonly rolledBackAt?: string | undefined;
  readonly rollbackReason?: string | undefined;
  /** Who ended it: a person, or the analysis. */
  readonly endedBy?: string | undefined;
  readonly supersededBy?: string | undefined;
  readonly supersedes?: readonly string[] | undefined;
  /** When the first sign of the failure was seen. */
  readonly failureSeenAt?: string | undefined;
  /** The stable version's figures in the last phase in which both versions had traffic. */
  readonly baseline?: SideFigures | undefined;
  /** The secret that marks the smoke requests of nodes. */
  readonly probeToken: string;
  readonly eventCount: number;
  /** The record of a plain change, which is live already: nobody can act on it, and it is in nobody's way. */
  readonly isPlain?: true | undefined;
};

/** The statuses after which nothing changes. */
export const endedStatuses: readonly DeploymentStatus[] = ['Completed', 'RolledBack', 'Failed', 'Cancelled'];

/** Whether nothing about it can change any more. */
export function hasEnded({ status }: Pick<Deployment, 'status'>): boolean {
  return endedStatuses.includes(status);
}
