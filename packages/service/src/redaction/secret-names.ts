/** Usual names of headers, parameters and fields that hold secrets, in lower case, with words parted by a hyphen. */
const secretName = new RegExp(
  [
    'pass(?:w|phrase|code|$)|pwd|secret|token|authori[sz]ation|credential|cookie|session|sessid|signature|private',
    'bearer|assertion|saml|jwt|otp$|hmac$|verifier$|access-?key-?id$',
    '(?:^|[^a-z0-9])(?:auth|sid|(?:api|access|account|app|auth|client|license|master|service|shared|subscription)?key)$',
  ].join('|'),
);

/** More names that hold secrets in queries and paths, such as the code of a login and the signature of a link. */
const secretParameter = /(?:^|[^a-z0-9])(?:sig|code|ticket|pin)$/;

/** Whether headers and fields of this name usually hold a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(plainName(name));
}

/** Whether parameters of this name usually hold a secret. */
export function isSecretParameter(name: string): boolean {
  const plain = plainName(name);
  return secretName.test(plain) || secretParameter.test(plain);
}

/** `Shop[apiKey]` names the same as `shop[api-key`: case, style and brackets at the ends do not matter. */
export function plainName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, '')
    .toLowerCase();
}
