import { isPem, watchFiles } from '@sluice/service';
import type { MongoClientOptions, MongoOptions } from 'mongodb';
import type { SecureContextOptions } from 'node:tls';
import { readTlsFile, ServerTrust } from '../server-trust.ts';
import type { StoreOptions } from '../store.ts';

type Named = Pick<MongoOptions, 'tls' | 'tlsCAFile' | 'tlsCRLFile' | 'tlsCertificateKeyFile' | 'passphrase'>;

/** Options that make the driver use the TLS files as they are now. */
export interface MongodbTrust {
  readonly options: MongoClientOptions;
  /** Stops watching the files. May be called again. */
  close(): void;
}

/**
 * Reads and watches the TLS files that an address names; undefined when it names none. The driver would read them only once,
 * whatever they are. Rejects with an Error that says which file cannot be used.
 */
export async function openServerTrust(named: Named, log: StoreOptions['log']): Promise<MongodbTrust | undefined> {
  const files = [named.tlsCAFile, named.tlsCRLFile, named.tlsCertificateKeyFile].filter((file) => file !== undefined);
  if (!named.tls || files.length === 0) return undefined;
  const options: MongoClientOptions = {};
  const trust = new ServerTrust({
    read: () => read(named),
    use(material, context) {
      // The driver passes one context object to every connection that it makes, so only its content is exchanged.
      if (options.secureContext === undefined) Object.assign(options, material, { secureContext: context });
      else options.secureContext.context = context.context as unknown;
    },
    log,
  });
  await trust.renew();
  const watch = watchFiles(
    () => files,
    () => void trust.renew(),
  );
  return { options, close: () => watch.close() };
}

async function read({
  tlsCAFile,
  tlsCRLFile,
  tlsCertificateKeyFile,
  passphrase,
}: Named): Promise<SecureContextOptions> {
  const [ca, crl, own] = await Promise.all(
    [tlsCAFile, tlsCRLFile, tlsCertificateKeyFile].map(async (file) =>
      file === undefined ? undefined : readTlsFile(file),
    ),
  );
  // Node would ignore an empty text and trust public authorities instead.
  if (ca !== undefined && !isPem(ca)) throw new Error(`${tlsCAFile} holds no PEM certificate`);
  const pair = own !== undefined && { cert: own, key: own, ...(passphrase !== undefined && { passphrase }) };
  return { ...(ca && { ca }), ...(crl && { crl }), ...pair };
}
