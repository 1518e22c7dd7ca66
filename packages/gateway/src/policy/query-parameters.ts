/** Parameters of a query as backends read them: names are compared decoded and without case. */

/** The values of all parameters of this name, decoded. */
export function parametersNamed(query: string, name: string): string[] {
  if (query === '') return [];
  const wanted = name.toLowerCase();
  return query.split('&').flatMap((pair) => (nameOf(pair) === wanted ? [valueOf(pair)] : []));
}

/** The query without the parameters of this name; all else stays as it was received. */
export function withoutParameter(query: string, name: string): string {
  if (query === '') return query;
  const wanted = name.toLowerCase();
  return query
    .split('&')
    .filter((pair) => nameOf(pair) !== wanted)
    .join('&');
}

function nameOf(pair: string): string {
  return decoded(pair.split('=', 1)[0]).toLowerCase();
}

function valueOf(pair: string): string {
  const equals = pair.indexOf('=');
  return equals === -1 ? '' : decoded(pair.slice(equals + 1));
}

/** What cannot be decoded stands for itself. The wire is read as latin1, and its bytes are UTF-8. */
function decoded(text: string): string {
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString('utf8');
}
