/** The user that the first start makes. */
export const firstUser = 'admin';

const least = 12;
const most = 256;

// The passwords that guessers try first. The list is short, because the required length does most of the work.
const common = new Set(
  `password password1 password12 password123 password1234 password12345 password123456 passwordpassword
  12345678 123456789 1234567890 12345678910 123456789012 1234567890123 123123123123 111111111111 000000000000
  qwertyuiop qwertyuiop12 qwertyuiop123 qwerty123456 qwertyuiopasdf qwertyqwerty 1q2w3e4r5t6y 1qaz2wsx3edc
  admin123 admin1234 adminadmin adminadminadmin administrator administrator1 adminpassword changeme changeme1234
  changemechangeme letmeinletmein welcome12345 welcomewelcome iloveyou1234 iloveyouiloveyou abcdefghijkl abcd12345678
  sluicesluice sluicepassword`.split(/\s+/),
);

/** Why a password is too weak for this user; undefined when it is strong enough. Never repeats the password. */
export function weaknessOf(password: string, username: string): string | undefined {
  const lower = password.normalize('NFKC').toLowerCase();
  if (length(password) < least) return `must have at least ${least} characters`;
  if (length(password) > most) return `must have at most ${most} characters`;
  if (lower === username.toLowerCase()) return 'must not be the name of the user';
  if (common.has(lower) || new Set(lower).size === 1) return 'is too easy to guess';
  return undefined;
}

function length(password: string): number {
  return Array.from(password.normalize('NFKC')).length;
}
