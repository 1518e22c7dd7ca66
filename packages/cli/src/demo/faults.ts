import { setTimeout as pause } from 'node:timers/promises';
import { EchoProblem } from './echo-exchange.ts';

/** What goes wrong before a request is answered; rejects with an EchoProblem for one that fails. */
export type Trouble = () => Promise<void>;

const failuresOfHundred = 8;
const slowerMs = 60;

/** Fails 8 of 100 requests, one in twelve or thirteen, and makes each slower by 60 ms. */
export function createTrouble(): Trouble {
  let count = 0;
  return async () => {
    count += 1;
    const fails = (count * failuresOfHundred) % 100 < failuresOfHundred;
    await pause(slowerMs);
    if (fails) throw new EchoProblem(503, 'this backend fails 8 of 100 requests');
  };
}
