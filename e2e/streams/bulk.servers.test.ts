import { testBulk } from './test-bulk.ts';

// Needs no server, but more time than `npm test` has.
testBulk(() => 1024);
