import { testUnderLoad } from './test-under-load.ts';

// Needs no server, but more time than `npm test` has.
testUnderLoad({ swaps: 1000, largeSwaps: 8 });
