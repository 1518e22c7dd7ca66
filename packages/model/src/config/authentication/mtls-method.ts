import { z } from 'zod';
import { editableHeaderName, filePath } from '../../values/text.ts';

/** Schema of the method mtls. */
export const mtlsMethod = z
  .strictObject({
    type: z.literal('mtls').describe('This method.'),
    caFile: filePath.describe(
      'PEM file of the authorities whose client certificates are good. It is read again when it changes. With routes of the API, a name in node.filesFolder.',
    ),
    header: editableHeaderName
      .optional()
      .describe(
        'Header in which trusted proxies pass on the certificate of the client, as nginx ($ssl_client_escaped_cert) and Envoy (x-forwarded-client-cert) do. From other peers it is ignored, and removed.',
      ),
    onlyConsumers: z
      .boolean()
      .default(false)
      .describe('true refuses certificates that no consumer is called by. Otherwise such a caller has its name alone.'),
  })
  .describe('The certificate of a client. The TLS port then asks every client for one, and refuses none without.');

/** Settings of the method mtls. */
export type MtlsMethodConfig = z.output<typeof mtlsMethod>;
