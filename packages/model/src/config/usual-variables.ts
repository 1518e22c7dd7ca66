/** An environment variable that people know from elsewhere, and the key that it sets. */
export interface UsualVariable {
  readonly variable: string;
  readonly path: readonly string[];
  /** Whether a text is meant for Sluice. Without it every text is. */
  readonly isMeant?: (text: string) => boolean;
}

/** Some shells export the name of the machine as HOST. Only an address says where to listen. */
const isAddress = (text: string): boolean => /^(?:localhost|[\d.]+|\[?[\da-f:.]*:[\da-f:.]*\]?)$/i.test(text);

/** Variables beside `SLUICE__…`, which win over them; each is also read from the file that `…_FILE` names. */
export const usualVariables: readonly UsualVariable[] = [
  { variable: 'PORT', path: ['proxy', 'port'] },
  { variable: 'HOST', path: ['proxy', 'host'], isMeant: isAddress },
  { variable: 'DATABASE_URL', path: ['store', 'url'] },
  { variable: 'MONGODB_URL', path: ['store', 'url'] },
  { variable: 'REDIS_URL', path: ['redis', 'url'] },
  { variable: 'JWT_SECRET', path: ['access', 'jwtSecret'] },
  { variable: 'SLUICE_ADMIN_PASSWORD', path: ['access', 'adminPassword'] },
  { variable: 'SLUICE_JOIN_TOKEN', path: ['node', 'joinToken'] },
];
