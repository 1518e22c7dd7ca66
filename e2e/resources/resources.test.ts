import { testResources } from './test-resources.ts';

// One descriptor that stays shows at once; resources.servers.test.ts does what shows a few bytes that stay.
testResources({ warmUp: 100, exchanges: 200 });
