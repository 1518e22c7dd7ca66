import { testGenerations } from './test-generations.ts';

// Needs no server, but more time than `npm test` has.
testGenerations({ swaps: 10_000, fresh: 10, mostResident: 150 });
