import { testConformance } from './testing/test-conformance.ts';

// Needs no server, but more time than `npm test` has.
testConformance(20);
