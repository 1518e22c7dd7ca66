/** For modules of policies and their tests: it loads nothing of the gateway. */
export { definePolicy, runPolicy } from '@sluice/gateway/policy';
export type {
  ClientCertificate,
  HeaderField,
  Identity,
  PolicyAnswer,
  PolicyDefinition,
  PolicyInstance,
  PolicyRequest,
  PolicyResponse,
  PolicyRun,
  PolicyStage,
  PolicyTrial,
  ReadOptions,
} from '@sluice/gateway/policy';
