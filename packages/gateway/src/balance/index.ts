export type { ChoosableBackend, ChoiceRequest, Choose } from './strategy.ts';
export { createChoose } from './choose.ts';
export type { ChooseOptions } from './choose.ts';
