/** What has to be in the files that routes name. Each function returns the text of a file, or throws a FileFault. */
import { isHeaderValue } from '@sluice/model';
import { FileFault, isPem } from '@sluice/service';
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { readUsers } from '../policy/authentication/htpasswd.ts';

/** The longest header value, with the end of a line. */
export const mostSecretBytes = 8192 + 2;

/** By the kind of a file. */
export const textIn = {
  authorities: certificatesIn,
  secret: secretIn,
  credentials: credentialsIn,
  users: usersIn,
  clientAuthorities: certificatesIn,
} as const;

/** The address of a module: another one for another content, since a module is loaded once by its address. */
export function addressOf(path: string, content: Buffer): string {
  return `${pathToFileURL(path).href}?${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}

function certificatesIn(content: Buffer): string {
  const text = String(content);
  if (!isPem(text)) throw new FileFault('holds no PEM certificate, or one that cannot be read');
  return text;
}

/** Read byte by byte, as header values are sent. Messages never contain the secret. */
export function secretIn(content: Buffer): string {
  const text = content.toString('latin1').replace(/\r?\n$/, '');
  if (text === '') throw new FileFault('is empty');
  if (isHeaderValue(text)) return text;
  throw new FileFault('cannot be in a header: expected one line, no control characters, no space at either end');
}

/** The message names the line of a fault, and nothing of what is in it. */
function usersIn(content: Buffer): string {
  const text = content.toString('latin1');
  try {
    readUsers(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new FileFault(error.message);
    throw error;
  }
  return text;
}

/** Byte by byte, since a secret may be of any bytes. What is in it is for the policy to judge. */
function credentialsIn(content: Buffer): string {
  if (content.length === 0) throw new FileFault('is empty');
  return content.toString('latin1');
}
