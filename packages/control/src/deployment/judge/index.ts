export type { Shares } from './judge-state.ts';
export { addCounts, emptyCounts, subtractCounts } from './counts.ts';
export { figuresOf } from './figures.ts';
export { giveVerdict } from './give-verdict.ts';
export type { VerdictInput } from './give-verdict.ts';
export { judge } from './judge.ts';
export type { Baseline, JudgeInput, Judgement } from './judge.ts';
export type { JudgeState } from './judge-state.ts';
