import type { OidcMethodConfig } from '@sluice/model';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RefreshLeases } from '../../../state/index.ts';
import type { HeaderField } from '../../policy.ts';
import { clearPieces, cookieName, fromPieces, setInPieces } from './cookies.ts';
import type { LoginPlace, Visit } from './login.ts';
import { ProviderRefusal } from './provider.ts';
import type { Provider } from './provider.ts';
import type { Seal } from './seal.ts';
import { isStale, readSession, refreshDue, refreshedSession, timeLeft } from './session.ts';
import type { Session } from './session.ts';

export interface SessionParts {
  readonly settings: OidcMethodConfig;
  readonly id: string;
  readonly provider: Provider;
  readonly seal: Seal;
  readonly leases: RefreshLeases;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Longer than a refresh may take. */
const leaseMs = 12_000;
/** How long requests with the session before pass after a refresh: those that were under way already. */
const graceMs = 30_000;
const pollMs = 20;

/** The sessions of a login, which browsers keep in cookies. */
export class Sessions {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** The session that a request brings; undefined if there is none, or if it is over. */
  read({ place, sent }: Visit): Session | undefined {
    const { seal, settings, now } = this.#parts;
    const value = fromPieces(this.#name(place), sent);
    const text = value === undefined ? undefined : seal.open(value, { kind: 'session', origin: place.origin });
    const session = text === undefined ? undefined : readSession(text);
    return session !== undefined && timeLeft(session, settings, now()) > 0 ? session : undefined;
  }

  /**
   * What gives a session to the browser. What the provider needs at a logout is left out when it is too long; undefined if
   * that does not help.
   */
  write(session: Session, { place, sent }: Visit): HeaderField[] | undefined {
    const { seal, settings, now } = this.#parts;
    const options = { secure: place.secure, maxAgeMs: timeLeft(session, settings, now()) };
    for (const kept of [session, { ...session, idToken: undefined }]) {
      const value = seal.close(JSON.stringify(kept), { kind: 'session', origin: place.origin });
      const fields = setInPieces(this.#name(place), value, options, sent);
      if (fields !== undefined) return fields;
    }
    return undefined;
  }

  clear({ place, sent }: Visit): HeaderField[] {
    return clearPieces(this.#name(place), place.secure, sent);
  }

  /** Whether `current` has to wait for the provider, or for another request that waits for it. */
  isDue(session: Session): boolean {
    return refreshDue(session, this.#parts.now()) !== 'no';
  }

  /** The session with a new end, if it is time to tell the browser one. */
  touched(session: Session, visit: Visit): Session {
    const { settings, now } = this.#parts;
    if (!isStale(session, settings, now())) return session;
    const touched = { ...session, seenAt: now() };
    this.#give(touched, visit);
    return touched;
  }

  /**
   * The session after the provider was asked again, if it is time for that. One request asks; the others go on with what
   * they have, or wait for it when that is over. Undefined when the provider refuses. Rejects with a ProviderAway.
   */
  async current(session: Session, visit: Visit): Promise<Session | undefined> {
    const { leases, now } = this.#parts;
    const { refresh } = session;
    if (refresh === undefined) return session;
    const digest = createHash('sha256').update(refresh.token).digest().readUInt32BE();
    const until = performance.now() + leaseMs;
    for (;;) {
      const due = refreshDue(session, now());
      const lease = leases.take(digest, leaseMs);
      if (lease === 'taken') return this.#refresh(session, { token: refresh.token, digest }, visit);
      if (lease === 'done' || due === 'ahead') return session;
      if (performance.now() > until) return undefined;
      await delay(pollMs);
    }
  }

  async #refresh(
    session: Session,
    { token, digest }: { readonly token: string; readonly digest: number },
    visit: Visit,
  ): Promise<Session | undefined> {
    const { provider, leases, settings, now } = this.#parts;
    try {
      const grant = await provider.refresh(token, visit.request);
      leases.finish(digest, graceMs);
      const renewed = refreshedSession(session, grant, settings, now());
      if (renewed !== undefined) this.#give(renewed, visit);
      return renewed;
    } catch (error) {
      leases.drop(digest);
      // Another node may have used the token a moment ago; the browser will bring what came of it.
      if (error instanceof ProviderRefusal) return refreshDue(session, now()) === 'ahead' ? session : undefined;
      if (refreshDue(session, now()) === 'ahead') return session;
      throw error;
    }
  }

  #give(session: Session, visit: Visit): void {
    const fields = this.write(session, visit);
    if (fields === undefined) return;
    for (const [name, value] of fields) visit.request.addResponseHeader(name, value);
    // A shared cache that kept the page would give the session to others.
    visit.request.addResponseHeader('Cache-Control', 'no-store');
  }

  #name({ secure }: LoginPlace): string {
    return cookieName(`sluice-session-${this.#parts.id}`, secure);
  }
}
