import { testCases } from './test-cases.ts';

// Where the fast transport does not work, everything runs on public sockets: the same behaviour, case by case.
testCases('public');
