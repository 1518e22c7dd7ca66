import { MongoClient, MongoServerError } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import type { StoreOptions } from '../store.ts';
import { asUnavailable } from './mongodb-errors.ts';
import { openServerTrust } from './mongodb-tls.ts';

const oldest = 5;

/** A connection to a MongoDB server. */
export interface Connection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * Connects, and reconnects by itself from then on. Rejects with a StoreUnavailableError when there is no answer within 4 s, and
 * with an Error that says what to do when the address, the password or the server's version is wrong.
 */
export async function connect({ url, log }: Pick<StoreOptions, 'url' | 'log'>): Promise<Connection> {
  const trust = await openServerTrust(createClient(url).options, log);
  const client = createClient(url, trust?.options);
  const close = async (): Promise<void> => {
    trust?.close();
    await client.close(true);
  };
  logLosses(client, log);
  // Without a name in the address, the driver would use the database `test`.
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

function createClient(url: string, material: MongoClientOptions = {}): MongoClient {
  try {
    // The driver would take the text after the second @ for a server and show it in messages, although it belongs to a password.
    if (url.split('@').length > 2) throw new Error('not an address');
    return new MongoClient(url, {
      ...material,
      appName: 'sluice',
      serverSelectionTimeoutMS: 4000,
      connectTimeoutMS: 4000,
      waitQueueTimeoutMS: 4000,
      socketTimeoutMS: 10_000,
      heartbeatFrequencyMS: 2000,
      // Acknowledged writes survive the loss of a server, and reads only see such writes.
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5000 },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
    });
  } catch {
    // The driver's message may repeat parts of the address, which may contain a password.
    throw new Error(
      'store.url is not a valid MongoDB address: mongodb://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the ' +
        'password as %XX',
    );
  }
}

function logLosses(client: MongoClient, log: StoreOptions['log']): void {
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
