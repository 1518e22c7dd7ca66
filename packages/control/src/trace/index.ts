export { endedSpans } from './collections.ts';
export { DeploymentTracer, endedSpanWrites } from './deployment-tracer.ts';
