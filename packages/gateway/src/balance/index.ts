export type { Candidate, ChoiceFacts, Choose } from './candidate.ts';
export { createChoose } from './choose.ts';
export type { ChooseOptions } from './choose.ts';
