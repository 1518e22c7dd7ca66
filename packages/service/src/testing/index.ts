export type { ManualClock } from './manual-clock.ts';
export { createManualClock } from './manual-clock.ts';
export type { TestRedis } from '../redis/testing/start-redis.ts';
export { freePort } from './free-port.ts';
export { replaceFile } from './replace-file.ts';
export { builtProgram, killProgram, listens, startProgram } from './server-program.ts';
export { startRedis } from '../redis/testing/start-redis.ts';
export type { CollectedMetric, CollectedSpan, TestCollector } from '../otlp/testing/start-collector.ts';
export { startCollector } from '../otlp/testing/start-collector.ts';
