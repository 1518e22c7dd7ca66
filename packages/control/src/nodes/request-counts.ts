/** What was counted on one route or backend, or on all of them. */
export interface RequestCounts {
  readonly requests: number;
  readonly failures: number;
}
