import type { AnalysisConfig, DeploymentSettings, DeploymentStrategy, MirrorConfig } from '@sluice/model';
import type { Author, Document } from '../configuration/index.ts';
import type { JudgeState } from './judge/judge-state.ts';
import type { SideFigures, Verdict } from './judge/verdict.ts';

/** Where a deployment stands. The last four are the end: nothing changes after them. */
export type DeploymentStatus =
  | 'Pending'
  | 'AwaitingApproval'
  | 'InProgress'
  | 'Paused'
  | 'Completed'
  | 'RolledBack'
  | 'Failed'
  | 'Cancelled';

/** One route that a deployment brings a new version of. */
export type DeployedRoute = {
  readonly routeId: string;
  /** The version that is brought in, as its author names it. */
  readonly configVersion: string;
  /** The version that serves until then; undefined for a route that is new. */
  readonly stableVersion?: string | undefined;
  /** The whole route as it shall be; without a split. */
  readonly candidate: Document;
  /** What a Direct deployment took the place of when it began: it is put back unless the deployment completes. */
  readonly stable?: Document | undefined;
  /** What its author and those who approve looked at. Absent for what an earlier Sluice kept, and for plain changes. */
  readonly lookedAt?: LookedAt | undefined;
};

/** What a new version of a route was compared with when it was asked for. */
export type LookedAt = {
  /** The route as it served then, without a split; absent when there was none. */
  readonly base?: Document | undefined;
  /** Digests of what deployments bring that it was asked to wait for: these may serve as well when it begins. */
  readonly ahead: readonly string[];
  /** Digests of the shared backends that the candidate uses, by id. */
  readonly backends: Readonly<Record<string, string>>;
};

/** Where one phase stands. */
export type PhaseStatus = 'Pending' | 'AwaitingApproval' | 'InProgress' | 'Completed' | 'Skipped' | 'RolledBack';

/** One phase as it was planned, and what became of it. Times are ISO 8601, durations in milliseconds. */
export type DeploymentPhase = {
  readonly name: string;
  /** What the share of the candidate is set to when the phase begins. */
  readonly trafficPercentage: number;
  readonly duration: number;
  readonly mirror?: MirrorConfig | undefined;
  readonly analysis: AnalysisConfig;
  readonly needsApproval: boolean;
  readonly status: PhaseStatus;
  readonly startedAt?: string | undefined;
  readonly completedAt?: string | undefined;
  /** Since when it waits for more requests or for a decision; the time until a person is asked counts from here. */
  readonly patientSince?: string | undefined;
  /** How long it was paused, in milliseconds: that does not count towards its duration. */
  readonly pausedMs?: number | undefined;
};

/** Whether a person has to agree, and what was said. */
export type Approval = {
  readonly status: 'NotRequired' | 'Pending' | 'Approved' | 'Rejected';
  readonly by?: string | undefined;
  readonly at?: string | undefined;
  readonly reason?: string | undefined;
};

/** What the runner does within a phase that has several steps. */
export type DeploymentStep =
  /** Nodes make the candidate ready; it gets no traffic. */
  | { readonly kind: 'warming'; readonly since: string }
  /** All of it is the candidate's, at once; every live node has to say that it runs it. */
  | {
      readonly kind: 'settling';
      /** The configuration was at this revision when it began: what it brings is a later one. */
      readonly revision: number;
    }
  /** The share is what the phase says. */
  | { readonly kind: 'serving' }
  /** Node by node. */
  | {
      readonly kind: 'rolling';
      /** Those that run the candidate and are found right. */
      readonly done: readonly string[];
      /** Those that change now: they say that they are not ready, then run the candidate, then are watched. */
      readonly turning: readonly {
        readonly nodeId: string;
        readonly stage: 'draining' | 'verifying';
        readonly since: string;
        /** The configuration was at this revision when the stage began: the stage itself is a later one. */
        readonly revision: number;
      }[];
    };

/** The progressive delivery of new versions of one or several routes. */
export type Deployment = {
  readonly deploymentId: string;
  readonly routes: readonly DeployedRoute[];
  readonly strategy: DeploymentStrategy;
  readonly environment: string;
  readonly reason?: string | undefined;
  readonly author: Author;
  /** Who made the API key that is the author, as older versions wrote it down; now the author says whose it is. */
  readonly behind?: string | undefined;
  readonly settings: DeploymentSettings;
  readonly status: DeploymentStatus;
  readonly approval: Approval;
  readonly phases: readonly DeploymentPhase[];
  /** -1 before the first. */
  readonly currentPhaseIndex: number;
  readonly step?: DeploymentStep | undefined;
  /** The share of the candidate now, 0 to 100. */
  readonly percentage: number;
  /** Counts phases and changes of the share: what is counted of traffic is counted by it. */
  readonly epoch: number;
  /** What it waits for, in one sentence: another deployment, a freeze, enough requests, a person. */
  readonly waitingFor?: string | undefined;
  /** Paused because it asks, or because somebody wanted it. */
  readonly paused?:
    | { readonly at: string; readonly by?: string | undefined; readonly reason: string; readonly asks: boolean }
    | undefined;
  /** The latest judgement, and how it was come to. */
  readonly verdict?: Verdict | undefined;
  readonly judge?: JudgeState | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt?: string | undefined;
  /** When it ended, whichever way. */
  readonly completedAt?: string | undefined;
  readonly rolledBackAt?: string | undefined;
  readonly rollbackReason?: string | undefined;
  /** Who ended it: a person, or the analysis. */
  readonly endedBy?: string | undefined;
  /** The deployment that took the place of this one, or that this one took the place of. */
  readonly supersededBy?: string | undefined;
  readonly supersedes?: readonly string[] | undefined;
  /** When the first sign of what it was rolled back for was seen. */
  readonly failureSeenAt?: string | undefined;
  /** What the stable version did beside the candidate in the last phase that had both. */
  readonly baseline?: SideFigures | undefined;
  /** Marks the requests by which nodes try the candidate out; nobody else knows it. */
  readonly probeToken: string;
  /** How many events it has. */
  readonly eventCount: number;
  /** A plain change of a route, which is live already: nothing to act on, and in nobody's way. */
  readonly isPlain?: true | undefined;
};

/** The statuses after which nothing changes. */
export const endedStatuses: readonly DeploymentStatus[] = ['Completed', 'RolledBack', 'Failed', 'Cancelled'];

/** Whether nothing of it can change any more. */
export function hasEnded({ status }: Pick<Deployment, 'status'>): boolean {
  return endedStatuses.includes(status);
}
