export { definePolicy } from './define-policy.ts';
export type { PolicyDefinition, PolicyInstance, ReadOptions } from './define-policy.ts';
export { runPolicy } from './run-policy.ts';
export type { PolicyRun, PolicyTrial } from './run-policy.ts';
export type {
  ClientCertificate,
  HeaderField,
  Identity,
  PolicyAnswer,
  PolicyRequest,
  PolicyResponse,
  PolicyStage,
} from '../policy.ts';
