export { leaveDemoPass } from './demo-file.ts';
export { type DemoUrls, demoConfig, demoRoute } from './demo-config.ts';
export {
  type DemoBackendOptions,
  type DemoBackends,
  DemoBackendsError,
  startDemoBackends,
} from './start-demo-backends.ts';
