/** The address of a store for messages: without user, password and parameters. */
export function shownUrl(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0];
  // Neither sqlite:PATH nor memory: holds a secret.
  if (scheme === undefined) return url;
  const rest = url.slice(scheme.length);
  // From the last @ on: a password may hold one, too.
  return scheme + (rest.slice(rest.lastIndexOf('@') + 1).split('?')[0] ?? '');
}

/** A text, such as the message of a driver, without the password of a URL. */
export function withoutSecrets(text: string, url: string): string {
  const user = /^[a-z][a-z0-9+.-]*:\/\/(.*)@/i.exec(url)?.[1];
  const password = user?.slice(user.indexOf(':') + 1);
  let shown = text.replaceAll(url, shownUrl(url));
  for (const secret of [password, decoded(password)]) {
    if (secret !== undefined && secret !== '') shown = shown.replaceAll(secret, '[hidden]');
  }
  return shown;
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    // It is not encoded, so it appears only as it was written.
    return undefined;
  }
}
