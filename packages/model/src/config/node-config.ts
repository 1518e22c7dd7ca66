import { z } from 'zod';
import { httpAddress } from '../values/http-address.ts';
import { entityName, filePath } from '../values/text.ts';

/** Schema of a gateway as one node of many. */
export const nodeConfig = z
  .strictObject({
    name: entityName
      .optional()
      .describe('Name of this node, unique among all; the host name and proxy port if absent.'),
    controlUrls: z
      .array(httpAddress('https://control.internal:5000'))
      .default([])
      .describe('Management addresses of the control processes that this node follows; for role gateway.'),
    joinToken: z
      .string()
      .regex(
        /^[\x21-\x7e]{16,1024}$/,
        'expected 16 to 1024 visible characters without spaces; "openssl rand -hex 32" makes such',
      )
      .optional()
      .meta({ secret: true })
      .describe('Secret by which nodes prove that they belong here; the same on nodes and control processes.'),
    allowPlainHttp: z
      .boolean()
      .default(false)
      .describe(
        'true sends the join token in plain text to other machines too: only where the network itself encrypts (a mesh).',
      ),
    snapshotFile: filePath
      .default('.sluice/snapshot.json')
      .describe('File with the last configuration, from which a node starts when no control process answers.'),
    filesFolder: filePath
      .optional()
      .describe(
        'Folder with the files that routes may name: secrets (${secret:NAME}), and, over the API, authorities and the files of policies. Without it, routes name none.',
      ),
    policiesFolder: filePath
      .optional()
      .describe(
        'Folder with the modules that routes of the API may name as policies. Without it, no code runs that the API names.',
      ),
    caFile: filePath
      .optional()
      .describe('PEM file of the authorities to trust for controlUrls instead of the usual ones.'),
    certFile: filePath.optional().describe('PEM file with the certificate of this node, instead of the join token.'),
    keyFile: filePath.optional().describe('PEM file with the key of that certificate.'),
  })
  .prefault({})
  .describe('This process as one node of many.');

/** A gateway as one node of many. */
export type NodeConfig = z.output<typeof nodeConfig>;
