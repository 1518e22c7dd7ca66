export { type Answer, ask, tally } from './ask.ts';
export { type CertificateFiles, createCertificateMaker } from './certificates.ts';
export { freePort } from '@sluice/service/testing';
export { createGate, type HttpBackend, startHttpBackend } from './http-backend.ts';
export { type Load, quantile, startLoad } from './load.ts';
export { longWindow } from './long-window.ts';
export { createProcess, type LastingProcess } from './lasting-process.ts';
export { ManagementApi } from './management-api.ts';
export { valuesOf } from './message.ts';
export { type OneBackend, startOneBackend } from './one-backend.ts';
export { cpuOf, descriptorsOf, rssOf, watchRss } from './process-facts.ts';
export { type RawClient, type RawResponse, connectRaw } from './raw-client.ts';
export {
  okResponse,
  type OriginStep,
  type ReceivedRequest,
  type ScriptedOrigin,
  startScriptedOrigin,
} from './scripted-origin.ts';
export { type Outcome, runSluice, type SluiceProcess, type SpawnOptions, spawnSluice } from './spawn-sluice.ts';
export { type Sluice, startSluice } from './start-sluice.ts';
export { until } from './until.ts';
