import { z } from 'zod';
import { canonicalHost } from './canonical-host.ts';
import { fieldName, fieldValue, protectedHeaders } from './header-field.ts';

const dnsName = String.raw`[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*`;

/** The name of a header (RFC 9110 token). */
export const headerName = z.string().max(256).regex(fieldName, 'expected a header name: letters, digits and - only');

/** The name of a cookie (RFC 6265 §4.1.1). */
export const cookieName = z.string().min(1).max(128).regex(fieldName, 'expected the name of a cookie');

/** The value of a header; line breaks and NUL would let one header become two. */
export const headerValue = z
  .string()
  .max(8192)
  .regex(fieldValue, 'expected a header value: one line, no control characters, no space at either end');

/** Whether a text can be the value of a header as it is. */
export function isHeaderValue(text: string): boolean {
  return headerValue.safeParse(text).success;
}

/** The name of a header that configuration may add or remove. */
export const editableHeaderName = headerName.refine((name) => !protectedHeaders.has(name.toLowerCase()), {
  error: 'this header frames the message or names the connection: the gateway sets it itself',
});

/** A name people give to a route or a backend: it appears in logs, metrics and addresses. */
export const entityName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
    'expected 1 to 128 letters, digits and . _ : - beginning with a letter or digit',
  );

const shownInOneLine = String.raw`^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$`;

/**
 * Text that is shown in one line, in mails and terminals too: no control characters, no line breaks of Unicode, and nothing that
 * turns the direction of what follows, by which a line could seem to say something else. The pattern is in the OpenAPI document,
 * so it has only what JavaScript, Python and Rust all read. None of them agrees with the others about surrogates without a partner.
 */
export const oneLine = z
  .string()
  .regex(new RegExp(shownInOneLine, 'u'), 'expected one line without control characters')
  .refine((text) => text.isWellFormed(), 'expected one line without control characters');

const notInOneLine = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Whether a text can be shown in one line as it is. */
export function isOneLine(text: string): boolean {
  return oneLine.safeParse(text).success;
}

/** What a program, such as a node, reports of a failure. It is made one line, so that no report is refused for it. */
export function reportedLine(longest: number) {
  return z
    .string()
    .max(longest)
    .overwrite((text) => text.replaceAll(notInOneLine, ' '));
}

/** One line that people write: a name, a reason. */
export function line(longest: number) {
  return oneLine.min(1).max(longest);
}

/** A TCP port to listen on; 0 lets the system choose. */
export const port = z.int().min(0).max(65535);

/** An address or host name to listen on. */
export const listenHost = z
  .string()
  .regex(new RegExp(`^(?:${dnsName}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%A-Za-z]*)$`), {
    error: ({ input }) => `expected a host name or an IP address${hostFix(String(input))}`,
  })
  .refine((text) => !/^\d+(?:\.\d+){3}:\d+$/.test(text), {
    error: 'expected a host name or an IP address: the port is a key of its own',
  });

/** How to write a host that was written as a part of an address. */
function hostFix(text: string): string {
  const address = /^\[([0-9A-Fa-f:.]+)\]$/.exec(text)?.[1];
  if (address !== undefined) return `, which has no brackets here: write ${address}`;
  if (text === '*') return ': write 0.0.0.0 or :: for every one';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return ', without http:// and without a path';
  return /^[^:]+:\d+$|^\[.*\]:\d+$/.test(text) ? ': the port is a key of its own' : '';
}

/** A host a route answers to: a name, an address in brackets or not, or `*.example.com`; never with a port. */
export const hostPattern = z
  .string()
  .regex(
    new RegExp(String.raw`^(?:(?:\*\.)?${dnsName}\.?|\[[0-9A-Fa-f:.]+\])$`),
    'expected a host name such as example.com or *.example.com, without a port',
  )
  .overwrite(canonicalHost);

/** The path of a file. */
export const filePath = oneLine.min(1, 'expected the path of a file').max(4096);

const certificates = /^\s*(?:-----BEGIN CERTIFICATE-----\s+(?:[A-Za-z0-9+/=]+\s+)+-----END CERTIFICATE-----\s*)+$/;

/** Certificates as PEM text. Nothing else may stand there: a private key would be kept and shown with it. */
export const pemCertificates = z
  .string()
  .max(65_536)
  .regex(certificates, 'expected PEM text of certificates, and nothing else: BEGIN CERTIFICATE to END CERTIFICATE');

/** Refuses a string for which `read` throws a SyntaxError, with its message. */
export function readableBy(read: (text: string) => unknown) {
  return (text: string, context: z.RefinementCtx): void => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      context.addIssue(error.message);
    }
  };
}
