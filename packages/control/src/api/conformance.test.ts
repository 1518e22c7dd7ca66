import { testConformance } from './testing/test-conformance.ts';

// Other requests each time; conformance.servers.test.ts has more of them.
testConformance(3);
