import { decoded } from './decoded.ts';
import { isSecretName, isSecretParameter, plainName } from './secret-names.ts';
import { withoutShapes } from './secret-shapes.ts';

/** Stands for what is hidden. */
export const hidden = '[hidden]';

/** Takes secrets out of whatever is logged, traced or reported: usual ones, and those that the configuration names. */
export interface Redaction {
  /** Whether a field or a header of this name is hidden, whatever it holds. */
  hides(name: string): boolean;
  /** A path without its query. `secretSegments` are those whose names in the pattern of the route are hidden. */
  path(path: string, secretSegments?: readonly number[]): string;
  /** A query without its question mark. */
  query(query: string): string;
  /** The value of a header. */
  header(name: string, value: string): string;
  /** The value of a header whose name hides nothing. */
  headerValue(value: string): string;
  /** Any other text, such as a message that quotes an address. */
  text(text: string): string;
  /** The places of the segments whose names in the pattern of a route are hidden, from 0; undefined without any. */
  secretSegments(names: readonly (string | undefined)[]): readonly number[] | undefined;
  /** Hides these names from now on, in place of those that it was made with. */
  setNames(names: readonly string[]): void;
  /** Hides names that are not usual ones from now on, such as the parameter in which a route expects its key. */
  hideNames(names: readonly string[]): void;
  /** Hides these texts from now on, wherever they stand. Short ones are left: they would hide what is no secret. */
  hideValues(values: readonly string[]): void;
  /** The texts that are hidden. */
  readonly values: readonly string[];
}

/** Without any of these, a path or a value has nothing to hide. */
const suspicious = /[%;=@]|ey[JA]|ew[ok0]|slc_|sluice_/;
/** Without any of these, neither the name nor the value of a parameter has anything to hide. */
const suspiciousPart = /[%=:@+\s]|ey[JA]|ew[ok0]|slc_|sluice_/;
/** Without any of these, a text has nothing to hide. */
const suspiciousText = /[=@%"]|ey[JA]|ew[ok0]|slc_|sluice_|PRIVATE|basic|bearer|digest|negotiate|ntlm/i;

/** A name that is given a value: in a query, in JSON, in a list of arguments. A longer name is judged by its end. */
const assignment = /([\w.$[\]-]{1,64})["'\\]{0,4}\s{0,4}[=:]\s{0,4}["'\\]{0,4}[^\s"'\\]/g;
/** The same where no sentence is meant: in the query of an address. */
const parameterInText = /([?&;])([^\s?&;=#"']+=[^\s&#"']*)/g;
const fieldInText = /("([^"\\]+)"\s{0,4}:\s{0,4}")(?:[^"\\]|\\.)*/g;
const fieldInQuotedText = /(\\"([^"\\]+)\\"\s{0,4}:\s{0,4}\\")(?:[^"\\]|\\[^"])*/g;

/** What is longer is cut after the last of these marks, so that no half of a secret is left that nobody recognises. */
const longestText = 8192;
const marks = ['/', '?', '&', ';', ',', ' ', '\n'];

const shortestValue = 8;
/** Each value has a second spelling. Of files that are replaced again and again, only the last contents are looked for. */
const mostValues = 2000;
/** Nobody needs to see the value of a parameter with a longer name. */
const longestName = 128;
/** Parameters are kept with their verdict. Clients can invent any number of names. */
const mostVerdicts = 1000;

/** Makes a redaction that hides what usually is secret, and fields, headers and parameters of these names. */
export function createRedaction(names: readonly string[] = []): Redaction {
  const redaction = new CompiledRedaction();
  redaction.setNames(names);
  return redaction;
}

class CompiledRedaction implements Redaction {
  #names: ReadonlySet<string> = new Set();
  readonly #learned = new Set<string>();
  readonly #values = new Set<string>();
  readonly #verdicts = new Map<string, boolean>();
  /** Made when it is needed: at the start the values come one by one, from many files. */
  #anyValue: RegExp | undefined;

  hides(name: string): boolean {
    return isSecretName(name) || this.#isNamed(name);
  }

  path(path: string, secretSegments?: readonly number[]): string {
    const open = secretSegments === undefined ? path : withoutSegments(path, secretSegments);
    const plain = this.#withoutValues(open);
    if (!suspicious.test(plain)) return plain;
    const segments = withoutShapes(bounded(plain), hidden).split('/');
    return segments.map((segment) => (suspicious.test(segment) ? this.#parameters(segment) : segment)).join('/');
  }

  query(query: string): string {
    if (query === '') return query;
    const parts = bounded(this.#withoutValues(query)).split('&');
    return parts.map((part) => this.#parameters(part)).join('&');
  }

  header(name: string, value: string): string {
    return this.hides(name) ? hidden : this.headerValue(value);
  }

  headerValue(value: string): string {
    const question = value.indexOf('?');
    if (question === -1) return this.text(value);
    return `${this.text(value.slice(0, question))}?${this.query(value.slice(question + 1))}`;
  }

  text(text: string): string {
    const plain = this.#withoutValues(text);
    if (!suspiciousText.test(plain)) return plain;
    const hideField = (all: string, start: string, name: string): string => (this.hides(name) ? start + hidden : all);
    return withoutShapes(bounded(plain), hidden)
      .replaceAll(parameterInText, (_all, sign: string, parameter: string) => sign + this.#parameters(parameter))
      .replaceAll(fieldInText, hideField)
      .replaceAll(fieldInQuotedText, hideField);
  }

  secretSegments(names: readonly (string | undefined)[]): readonly number[] | undefined {
    const places = names.flatMap((name, place) => (name !== undefined && this.#hidesParameter(name) ? [place] : []));
    return places.length === 0 ? undefined : places;
  }

  setNames(names: readonly string[]): void {
    this.#names = new Set(names.map(plainName));
    this.#verdicts.clear();
  }

  hideNames(names: readonly string[]): void {
    for (const name of names) this.#learned.add(plainName(name));
    this.#verdicts.clear();
  }

  hideValues(values: readonly string[]): void {
    const before = this.#values.size;
    for (const value of values.filter(({ length }) => length >= shortestValue)) {
      this.#values.add(value);
      this.#values.add(encodeURIComponent(value.toWellFormed()));
    }
    if (this.#values.size === before) return;
    for (const oldest of this.#values) if (this.#values.size > mostValues) this.#values.delete(oldest);
    this.#anyValue = undefined;
  }

  get values(): readonly string[] {
    return [...this.#values];
  }

  #withoutValues(text: string): string {
    if (this.#values.size === 0) return text;
    this.#anyValue ??= anyOf(this.#values);
    return text.replaceAll(this.#anyValue, hidden);
  }

  /**
   * What stands between two `&` or two slashes, such as `orders;jsessionid=1`. Some servers part parameters by `;`, others
   * take it for a part of the value, so what follows a secret after `;` is hidden with it.
   */
  #parameters(text: string): string {
    const parts = text.split(';');
    const secret = parts.findIndex((part) => this.#isSecret(part));
    const shown = secret === -1 ? parts : parts.slice(0, secret + 1);
    return shown.map((part, place) => (place === secret ? hiddenPart(part) : this.#part(part))).join(';');
  }

  #isSecret(part: string): boolean {
    const equals = part.indexOf('=');
    return equals !== -1 && this.#hidesParameter(decoded(part.slice(0, equals)));
  }

  #part(part: string): string {
    const equals = part.indexOf('=');
    // perf: most parameters end here (`access-log.bench.ts`).
    if (!suspiciousPart.test(part.slice(equals + 1)) && !suspiciousPart.test(part.slice(0, Math.max(equals, 0))))
      return part;
    if (!this.#holdsSecret(part)) return part;
    const name = part.slice(0, equals + 1);
    return this.#holdsSecret(name) ? hidden : name + hidden;
  }

  /** Whether a secret stands in a value, such as a token, or the address of another page with a token in its query. */
  #holdsSecret(part: string): boolean {
    const plain = decoded(part);
    if (withoutShapes(plain, hidden) !== plain || this.#holdsValue(plain)) return true;
    for (const [, name] of plain.matchAll(assignment)) if (this.#hidesParameter(name)) return true;
    return false;
  }

  #holdsValue(plain: string): boolean {
    if (this.#values.size === 0) return false;
    const spaced = plain.replaceAll('+', ' ');
    return this.#withoutValues(plain) !== plain || this.#withoutValues(spaced) !== spaced;
  }

  #hidesParameter(name: string): boolean {
    if (name.length > longestName) return true;
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = isSecretParameter(name) || this.#isNamed(name);
    if (this.#verdicts.size >= mostVerdicts) this.#verdicts.clear();
    this.#verdicts.set(name, verdict);
    return verdict;
  }

  /** `user[email]` and `user.email` are hidden with `email`. */
  #isNamed(name: string): boolean {
    if (this.#names.size + this.#learned.size === 0) return false;
    const plain = plainName(name);
    const parts = [plain, ...plain.split(/[[\].]+/).map(plainName)];
    return parts.some((part) => this.#names.has(part) || this.#learned.has(part));
  }
}

/** The longest first: one secret may begin with another. */
function anyOf(values: ReadonlySet<string>): RegExp {
  const longestFirst = [...values].toSorted((one, other) => other.length - one.length);
  return new RegExp(longestFirst.map((value) => escaped(value)).join('|'), 'g');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

function bounded(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, Math.max(...marks.map((mark) => text.lastIndexOf(mark, longestText))) + 1)}…`;
}

function hiddenPart(part: string): string {
  return `${part.slice(0, part.indexOf('=') + 1)}${hidden}`;
}

/** A path begins with a slash. */
function withoutSegments(path: string, places: readonly number[]): string {
  const segments = path.split('/');
  for (const place of places) if ((segments[place + 1] ?? '') !== '') segments[place + 1] = hidden;
  return segments.join('/');
}
