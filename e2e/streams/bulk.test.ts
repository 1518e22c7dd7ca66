import { testBulk } from './test-bulk.ts';

// More than twice what the gateway may grow by; bulk.servers.test.ts does what shows a part that stays.
testBulk(512);
