import { testUnderLoad } from './test-under-load.ts';

// Needs no server, but more time than `npm test` has.
testUnderLoad(1000);
