/** How long something took, over all cases there were; in seconds. */
export type Durations = {
  /** How many cases. */
  readonly count: number;
  readonly median: number;
  /** Nine in ten took no longer. */
  readonly p90: number;
};

/** Figures about the deployments that ended within the days looked at. docs/delivery.md defines each. null: nothing to go by. */
export type DeliverySummary = {
  readonly completed: number;
  readonly rolledBack: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Deployments that were completed, per day. */
  readonly deploymentFrequency: number;
  /** From the creation of a deployment to its completion. */
  readonly leadTime: Durations | null;
  /** Share of the deployments that began which were rolled back or failed, 0 to 1. */
  readonly changeFailureRate: number | null;
  /** From the first sign of trouble to the last route being rolled back. */
  readonly timeToRecover: Durations | null;
  /** Share of the deployments that began which were emergencies, or came soon after a failed one, 0 to 1. */
  readonly reworkRate: number | null;
  /** Deployments that were rolled back, per day. */
  readonly rollbackFrequency: number;
  /** From the beginning to the end, whichever way it ended. */
  readonly duration: Durations | null;
  /** Of the time since a deployment was asked for: when it went forward. */
  readonly working: Durations | null;
  /** Of the time since a deployment was asked for: when it waited for its turn or for a person. */
  readonly waiting: Durations | null;
};

/** Figures about delivery over some days. */
export type DeliveryFigures = {
  /** ISO 8601. */
  readonly from: string;
  /** ISO 8601. */
  readonly until: string;
  readonly days: number;
  /** Deployments that have not ended. */
  readonly open: number;
  /** A deployment of several routes counts once. */
  readonly overall: DeliverySummary;
  /** A deployment of several routes counts for each of them. By routeId; routes without deployments are left out. */
  readonly routes: readonly ({ readonly routeId: string; readonly name: string } & DeliverySummary)[];
};
