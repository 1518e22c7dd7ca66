/** What a judge has to remember from one look to the next: numbers only, so that it can be stored. */
export type JudgeState = {
  readonly version: 1;
  /** Looks so far. */
  readonly looks: number;
  readonly [more: string]: unknown;
};
