import { testGenerations } from './test-generations.ts';

// If all generations stayed, that would be 60 MB; generations.servers.test.ts does what shows one that stays now and then.
testGenerations({ swaps: 500, fresh: 50 });
