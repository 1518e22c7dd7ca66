import { MongoBulkWriteError, MongoClient, MongoError, MongoServerError } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import type { StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { ServerTrust } from './server-trust.ts';

const oldest = 5;

// Names of the driver's errors, and codes of the server's, that say "not now": no connection, no primary, no answer in time.
const awayNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoServerClosedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoOperationTimeoutError',
  'MongoStalePrimaryError',
  'MongoWaitQueueTimeoutError',
  'PoolClosedError',
  'MongoWriteConcernError',
]);
const awayCodes = new Set([
  6, 7, 43, 50, 64, 89, 91, 100, 133, 189, 202, 237, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** A connection to a MongoDB server. */
export interface Connection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * Connects. Rejects with a StoreUnavailableError when there is no answer within 4 s, and with an Error that says what to do
 * when the address, the password or the server's version is wrong. Reconnects by itself from then on.
 */
export async function connect({ url, log }: Pick<StoreOptions, 'url' | 'log'>): Promise<Connection> {
  const trust = await ServerTrust.open(createClient(url).options, log);
  const client = createClient(url, trust?.options);
  const close = async (): Promise<void> => {
    trust?.close();
    await client.close(true);
  };
  tellOfLosses(client, log);
  // Without a name in the address the driver would take `test`.
  const name = /^[^:]+:\/\/[^/?]*\/([^?]+)/.exec(url)?.[1];
  const db = client.db(name === undefined ? 'sluice' : decodeURIComponent(name));
  try {
    const { version } = (await db.command({ buildInfo: 1 })) as { version?: unknown };
    refuseOld(version);
    return { db, close };
  } catch (error) {
    await close();
    throw refusedPassword(error) ?? asUnavailable(error);
  }
}

/** What went wrong, as a StoreUnavailableError if it is that. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof MongoError) {
    return asUnavailable(error.errorResponse);
  }
  const isAway = awayNames.has(error.name) || (error instanceof MongoServerError && awayCodes.has(Number(error.code)));
  const retryable = error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('ResetPool');
  if (!isAway && !retryable) return error;
  return new StoreUnavailableError(`MongoDB cannot be reached: ${error.message}`, { cause: error });
}

function createClient(url: string, material: MongoClientOptions = {}): MongoClient {
  try {
    // What follows a second one would be taken for a server, and be named in messages, though it is part of a password.
    if (url.split('@').length > 2) throw new Error('not an address');
    return new MongoClient(url, {
      ...material,
      appName: 'sluice',
      serverSelectionTimeoutMS: 4000,
      connectTimeoutMS: 4000,
      waitQueueTimeoutMS: 4000,
      socketTimeoutMS: 10_000,
      heartbeatFrequencyMS: 2000,
      // What was acknowledged survives the loss of a server, and what is read was not only on one that is being replaced.
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5000 },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
    });
  } catch {
    // The driver's message may repeat parts of the address, which may hold a password.
    throw new Error(
      'store.url is not an address of MongoDB: mongodb://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the ' +
        'password as %XX',
    );
  }
}

function tellOfLosses(client: MongoClient, log: StoreOptions['log']): void {
  const lost = new Set<string>();
  client.on('serverHeartbeatFailed', ({ connectionId, failure }) => {
    if (lost.has(connectionId)) return;
    lost.add(connectionId);
    log?.warn('the connection to MongoDB is lost', { server: connectionId, reason: failure.message });
  });
  client.on('serverHeartbeatSucceeded', ({ connectionId }) => {
    if (lost.delete(connectionId)) log?.info('the connection to MongoDB works again', { server: connectionId });
  });
}

function refuseOld(version: unknown): void {
  if (typeof version === 'string' && Number.parseInt(version, 10) >= oldest) return;
  throw new Error(`MongoDB ${String(version)} is too old: Sluice needs version ${oldest}.0 or newer`);
}

function refusedPassword(error: unknown): Error | undefined {
  if (!(error instanceof MongoServerError) || (error.code !== 18 && error.code !== 13)) return undefined;
  return new Error('MongoDB refuses the user or password of store.url, or the user may not use this database');
}
