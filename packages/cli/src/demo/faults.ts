import { setTimeout as pause } from 'node:timers/promises';
import { EchoProblem } from './echo-exchange.ts';

const failuresOfHundred = 8;
const slowerMs = 60;

/** Called before each request: rejects with an EchoProblem for 8 of 100, evenly spread, and delays all by 60 ms. */
export function createFaults(): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    const fails = (count * failuresOfHundred) % 100 < failuresOfHundred;
    await pause(slowerMs);
    if (fails) throw new EchoProblem(503, 'this backend fails 8 of 100 requests');
  };
}
