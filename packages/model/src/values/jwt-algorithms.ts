/** The algorithms by which a token may be signed (RFC 7518 §3.1, RFC 8037). `none` is not one of them. */
export const jwtAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'HS256', 'HS384', 'HS512'] as const),
] as const;

/** An algorithm by which a token may be signed. */
export type JwtAlgorithm = (typeof jwtAlgorithms)[number];

/** The family of an algorithm: a key serves one of them alone (RFC 8725 §3.1). */
export type JwtFamily = 'RS' | 'PS' | 'ES' | 'Ed' | 'HS';

/** The family of an algorithm. */
export function jwtFamily(algorithm: JwtAlgorithm): JwtFamily {
  return algorithm.slice(0, 2) as JwtFamily;
}

/** The least length of a secret in bytes: that of the hash (RFC 7518 §3.2). */
export function leastSecretBytes(algorithms: readonly JwtAlgorithm[]): number {
  return Math.max(...algorithms.map((algorithm) => Number(algorithm.slice(2)) / 8));
}
