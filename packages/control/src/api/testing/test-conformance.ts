import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerProblems } from './answer-problems.ts';
import type { ApiRequest } from './api-request.ts';
import { arbitraryRequest, sampleRequests } from './arbitrary-request.ts';
import { documentedOperations } from './documented-operations.ts';
import { exchange } from './exchange.ts';
import type { Exchanger } from './exchange.ts';
import { exchangeProblems, repetitionProblems } from './exchange-problems.ts';
import { judgeRequest } from './judge-request.ts';
import { makeSeed } from './seed.ts';
import { spoiltRequest } from './spoil-request.ts';
import { openWire } from './wire.ts';

/**
 * Declares that the API does what its OpenAPI document says, whatever is sent. Each request meets an API of its own that
 * begins from the same store. Each operation gets so many requests of a kind, or SLUICE_CONFORMANCE_RUNS of them;
 * SLUICE_CONFORMANCE_SEED repeats a run.
 */
export function testConformance(usualRuns: number): void {
  const numRuns = Number(process.env['SLUICE_CONFORMANCE_RUNS'] ?? usualRuns);
  const seed = Number(process.env['SLUICE_CONFORMANCE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  let to: Exchanger;

  beforeAll(async () => {
    console.info(`conformance: SLUICE_CONFORMANCE_SEED=${seed}, ${numRuns} requests of a kind`);
    to = { seed: await makeSeed(), wire: await openWire() };
  });
  afterAll(() => to.wire.close());

  describe.for(documentedOperations)('$id', (operation) => {
    const valid = (): fc.Arbitrary<ApiRequest> => arbitraryRequest(operation, to.seed.known);

    test('takes what is valid', async () => {
      const property = fc.asyncProperty(valid(), async (request) => {
        const verdict = judgeRequest(operation, request);
        // Otherwise the generator is wrong.
        expect(verdict).not.toMatchObject({ verdict: 'invalid' });
        const problems = await exchange(to, { operation, request }, async (exchanged) => [
          ...exchangeProblems(exchanged, verdict),
          ...(await repetitionProblems(exchanged)),
        ]);
        expect(problems).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns });
    });

    test('refuses what is not valid', async () => {
      const property = fc.asyncProperty(spoiltRequest(operation, valid()), async ({ request }) => {
        const verdict = judgeRequest(operation, request);
        const problems = await exchange(to, { operation, request }, (exchanged) =>
          exchangeProblems(exchanged, verdict),
        );
        expect(problems).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns });
    });

    // Properties of answers say little as long as all of them are errors, or empty.
    test('answers each kind of success to some valid request, and lists with something in them', async () => {
      const wanted = new Set(Object.keys(operation.responses).filter((status) => Number(status) < 400));
      if (operation.id.startsWith('list')) wanted.add('items');
      for (const request of sampleRequests(operation, to.seed.known)) {
        const { status, body } = await exchange(to, { operation, request }, ({ answer }) => answer);
        wanted.delete(String(status));
        if (status < 400 && /\[\{/.test(body)) wanted.delete('items');
        if (wanted.size === 0) break;
      }
      expect([...wanted]).toEqual([]);
    });

    test('says so when the store is away', async () => {
      const without: Exchanger = { ...to, prepare: (subject) => subject.loseStore() };
      for (const request of fc.sample(valid(), { numRuns: 3, seed: 1 })) {
        const problems = await exchange(without, { operation, request }, ({ answer, subject, before, after }) => [
          ...subject.faults,
          ...answerProblems(operation, answer),
          ...(after === before ? [] : ['something changed']),
        ]);
        expect(problems).toEqual([]);
      }
    });
  });
}
