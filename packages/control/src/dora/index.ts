export type { DoraFigures } from './dora-figures.ts';
export { Dora } from './dora.ts';
