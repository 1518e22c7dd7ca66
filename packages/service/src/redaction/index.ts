export type { Redaction } from './redaction.ts';
export { createRedaction, hidden } from './redaction.ts';
