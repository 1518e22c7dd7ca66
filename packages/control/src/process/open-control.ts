import { openControlPlane } from './control-plane.ts';
import { codeOf } from '@sluice/service';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';

/**
 * Opens the control plane. A gateway that lives from its file needs nothing else to serve: where its folder cannot be
 * written (a container with a read-only disk), it keeps its history in memory, and says so.
 */
export async function openControl(options: ControlPlaneOptions, open = openControlPlane): Promise<ControlPlane> {
  const { config, log } = options;
  try {
    return await open(options);
  } catch (error) {
    const reason = config.store.url.startsWith('sqlite:') ? whyUnwritable(error) : undefined;
    if (reason === undefined) throw isOfItsPath(error) ? new StorePathError(error) : error;
    if (config.routesOwner !== 'file') throw new StoreFolderError(reason, error);
    log.warn(
      'the store cannot be written: users, API keys, deployments and the history are kept in memory and are lost when this ' +
        `process ends. To keep them, ${elsewhere}`,
      { store: config.store.url, reason },
    );
    return open({ ...options, config: { ...config, store: { url: 'memory:' } } });
  }
}

/** Routes that the API manages have to be kept somewhere. */
class StoreFolderError extends Error {
  override readonly name = 'StoreFolderError';

  constructor(reason: string, cause: unknown) {
    super(
      `the store cannot be written (${reason}), and the routes of the API would be lost: ${elsewhere}, or put the routes ` +
        'in a file; with memory: as store.url they last as long as the process',
      { cause },
    );
  }
}

/** The path of the store leads nowhere: too long, through a file, in a circle. */
class StorePathError extends Error {
  override readonly name = 'StoreFolderError';

  constructor(cause: Error) {
    super(`the file of the store cannot be made (${cause.message}): set store.url to another path`, { cause });
  }
}

function isOfItsPath(error: unknown): error is Error {
  return ['ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP'].includes(codeOf(error) ?? '');
}

const elsewhere =
  'let this process write there, or set store.url to another place (SLUICE__STORE__URL=sqlite:/var/lib/sluice/sluice.db)';

/** SQLITE_CANTOPEN and SQLITE_READONLY, and what the system says: https://sqlite.org/rescode.html. Undefined for other errors. */
function whyUnwritable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as Error & { readonly code?: unknown; readonly errcode?: unknown };
  const isRefused = code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || errcode === 14 || errcode === 8;
  return isRefused ? error.message : whyUnwritable(error.cause);
}
