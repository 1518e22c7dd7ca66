import { z } from 'zod';
import { filePath, listenHost, port } from '../values/text.ts';
import { tlsProfileFields } from './tls-profile.ts';

const origin = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text, {
    error: 'expected an origin such as https://admin.example.com: no path, no slash at the end, and * is not taken',
  });

const managementTls = z
  .strictObject({
    certFile: filePath.describe('PEM file with the certificate and its chain.'),
    keyFile: filePath.describe('PEM file with the private key.'),
    clientCaFile: filePath
      .optional()
      .describe(
        'PEM file of the authorities whose client certificates are accepted from nodes instead of a join token.',
      ),
    ...tlsProfileFields,
  })
  .describe('TLS of the management port. Without TLS, keep the port on a private address.');

/** Schema of the management port. */
export const managementConfig = z
  .strictObject({
    host: listenHost.default('127.0.0.1').describe('Address to listen on.'),
    port: port.default(5000).describe('Port; 0 = any free one.'),
    hosts: z
      .array(listenHost)
      .max(100)
      .default([])
      .describe(
        'Public names of this port, such as admin.example.com. Other public names are refused, so that no web page can pose as this port; addresses and private names are always accepted.',
      ),
    tls: managementTls.optional(),
    corsOrigins: z.array(origin).default([]).describe('Web pages that may use the API from a browser; empty = none.'),
  })
  .prefault({})
  .describe('The management port: API, health and metrics.');

/** The management port. */
export type ManagementConfig = z.output<typeof managementConfig>;
/** TLS of the management port. */
export type ManagementTlsConfig = z.output<typeof managementTls>;
