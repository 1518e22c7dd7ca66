import { AbsentClient } from './absent-client.ts';
import type { Exchange } from './exchange.ts';
import { RequestBody } from './request-body.ts';

/**
 * The client's side of a mirrored request. Nobody is there, and the whole request has come. The backend is told the same
 * about the client as with the original request; it is noted at the end of the exchange, before the client goes on.
 */
export class MirrorClient extends AbsentClient {
  /** `body` is the whole body as it is framed (latin1). */
  constructor(original: Exchange, body: string) {
    const { client, seenClient, requestId } = original;
    const fields = client.peer.forwardedFields(original);
    // With the same id, both answers are found in the logs of the backends.
    super(new RequestBody(body), {
      isTrustedProxy: client.peer.isTrustedProxy,
      // The original request has proved who sent it.
      clientCertificate: () => undefined,
      seenClient: () => seenClient,
      forwardedFields: () => fields,
      requestId: () => requestId,
    });
  }
}
