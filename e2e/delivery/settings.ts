import { testerHeader } from './backends.ts';

/** Looks often, decides on little, and leaves latencies alone: other tests run beside. */
export const quick = { interval: '200ms', minRequests: 10, errorRateIncrease: 0.2, dryRun: ['latency'] };

/** Those who send what testers send. */
export const testers = [{ header: 'x-tester', value: testerHeader['x-tester'] }];

/** How long a phase takes that ends when somebody wants it to. */
export const long = '1h';
