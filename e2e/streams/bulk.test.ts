import { testBulk } from './test-bulk.ts';

// Twice what the gateway may grow by; bulk.servers.test.ts does what shows a part that stays.
testBulk((most) => 2 * most);
