import { testUnderLoad } from './test-under-load.ts';

// Each swap is a chance for a wrong answer; under-load.servers.test.ts has more of them, and shows a little memory that stays.
testUnderLoad({ swaps: 50, largeSwaps: 5, rate: 500 });
