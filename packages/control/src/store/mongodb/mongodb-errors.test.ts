import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../store.ts';
import { asUnavailable } from './mongodb-errors.ts';

const socket = (code: string): Error => Object.assign(new Error('This socket has been ended'), { code });
const inBulk = (error: Error): Error => new MongoBulkWriteError(error, {} as never);

test.each([
  ['an error of the network', new MongoNetworkError('connection closed')],
  ['one of a bulk write', inBulk(new MongoNetworkError('connection closed'))],
  ['a socket that has ended', socket('EPIPE')],
  ['one within a bulk write', inBulk(socket('EPIPE'))],
  ['a server that shuts down', new MongoServerError({ message: 'shutdown', code: 11_600 })],
])('%s means that the store is away', (_, error) => {
  expect(asUnavailable(error)).toBeInstanceOf(StoreUnavailableError);
});

test.each([
  ['a duplicate', new MongoServerError({ message: 'exists', code: 11_000 })],
  ['one within a bulk write', inBulk(new MongoServerError({ message: 'exists', code: 11_000 }))],
  ['a mistake of ours', new TypeError('x is not a function')],
  ['a file that is not there', socket('ENOENT')],
])('%s stays what it is', (_, error) => {
  expect(asUnavailable(error)).not.toBeInstanceOf(StoreUnavailableError);
});
