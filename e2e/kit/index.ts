export { freePort } from './free-port.ts';
export { type MessageHead, valuesOf } from './message.ts';
export { type RawClient, type RawResponse, connectRaw } from './raw-client.ts';
export {
  type OriginStep,
  type ReceivedRequest,
  type ScriptedOrigin,
  okResponse,
  startScriptedOrigin,
} from './scripted-origin.ts';
export { type Health, type Sluice, spawnSluice, startSluice } from './start-sluice.ts';
export { until, within } from './until.ts';
