import { openControlPlane } from './control-plane.ts';
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
    if (!config.store.url.startsWith('sqlite:') || !isUnwritable(error)) throw error;
    if (config.routesOwner !== 'file') throw new StoreFolderError(error);
    log.warn('the folder of the store is not writable; users and history are kept in memory and end with the process', {
      reason: error.message,
    });
    return open({ ...options, config: { ...config, store: { url: 'memory:' } } });
  }
}

/** Routes that the API manages have to be kept somewhere. */
class StoreFolderError extends Error {
  override readonly name = 'StoreFolderError';

  constructor(cause: Error) {
    super(
      `the folder of the store cannot be written (${cause.message}): let the user of this process write there, or keep the ` +
        'store elsewhere (SLUICE__STORE__URL=sqlite:/var/lib/sluice/sluice.db), or nowhere (memory:)',
      { cause },
    );
  }
}

/** SQLITE_CANTOPEN and SQLITE_READONLY, and what the system says: https://sqlite.org/rescode.html */
function isUnwritable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || errcode === 14 || errcode === 8;
}
