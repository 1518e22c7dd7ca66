/** What one gate says. */
export type GateResult = {
  readonly name: string;
  readonly result: 'pass' | 'fail' | 'noData';
  readonly dryRun: boolean;
  readonly value?: number | undefined;
  readonly failuresInARow: number;
  readonly at: string;
  readonly explanation: string;
};
