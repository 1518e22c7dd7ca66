import { once } from 'node:events';
import { connect } from 'node:net';
import { addressOf, failedBy } from '../probe.ts';
import type { ProbeResult, ProbeSubject } from '../probe.ts';

/** A target is well when it accepts a connection. */
export async function tcpProbe({ url }: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  const socket = connect(addressOf(url));
  try {
    await once(socket, 'connect', { signal });
    return { ok: true };
  } catch (error) {
    return failedBy(error, signal);
  } finally {
    socket.on('error', ignoreAfterVerdict).destroy();
  }
}

/** The verdict is in; what happens to the connection while it closes is of no interest. */
function ignoreAfterVerdict(): void {}
