import { testResources } from './test-resources.ts';

// Needs no server, but more time than `npm test` has.
testResources({ warmUp: 2000, exchanges: 10_000 });
