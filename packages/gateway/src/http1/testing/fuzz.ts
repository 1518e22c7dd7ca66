import { createPrng } from '../../route/testing/prng.ts';
import type { Prng } from '../../route/testing/prng.ts';
import { compareReaders } from './compare-readers.ts';
import type { ReadMessage } from './compare-readers.ts';
import { generateStream } from './generate-stream.ts';
import type { Direction } from './message.ts';
import { minimise } from './minimise.ts';
import { mutate } from './mutate.ts';
import { visible } from './visible.ts';

/** What a run of the fuzz found. */
export interface FuzzReport {
  readonly inputs: number;
  /** Inputs of which at least one whole message was accepted by ours. */
  readonly accepted: number;
  /** The same among the inputs that were changed. */
  readonly mutated: number;
  readonly mutatedAccepted: number;
  /** The first input that is read differently, in as few bytes as possible, and how. */
  readonly failure: string | undefined;
}

/** Generates up to `inputs` streams from `seed` and lets `read` and llhttp read each, until they disagree. */
export function fuzz(options: { seed: number; inputs: number; read: ReadMessage }): FuzzReport {
  const prng = createPrng(options.seed);
  const counts = { accepted: 0, mutated: 0, mutatedAccepted: 0 };
  for (let input = 0; input < options.inputs; input++) {
    const direction: Direction = prng.pick(['request', 'request', 'GET', 'HEAD']);
    const { text, mutations } = randomStream(direction, prng);
    const { difference, accepted } = compareReaders(direction, Buffer.from(text, 'latin1'), options.read);
    if (difference !== undefined) {
      return { inputs: input + 1, ...counts, failure: describeFailure(direction, text, options.read) };
    }
    if (accepted > 0) counts.accepted++;
    if (mutations > 0) counts.mutated++;
    if (mutations > 0 && accepted > 0) counts.mutatedAccepted++;
  }
  return { inputs: options.inputs, ...counts, failure: undefined };
}

function randomStream(direction: Direction, prng: Prng): { text: string; mutations: number } {
  let text = generateStream(direction, prng);
  const mutations = prng.pick([0, 1, 1, 1, 2, 3]);
  for (let left = mutations; left > 0 && text.length > 0; left--) text = mutate(text, prng);
  return { text, mutations };
}

function describeFailure(direction: Direction, text: string, read: ReadMessage): string {
  const differs = (shorter: string) => compareReaders(direction, Buffer.from(shorter, 'latin1'), read).difference;
  const kind = kindOf(differs(text));
  const shortest = minimise(text, (shorter) => kindOf(differs(shorter)) === kind);
  return `${differs(shortest)}\n  ${direction}: ${visible(shortest)}\n  from ${visible(text)}`;
}

/** Shortening must not wander off to another difference. */
function kindOf(difference: string | undefined): string | undefined {
  return difference?.replace(/^message \d+: /, '').split(/ is | begins |: /, 1)[0];
}
