// A user's session with the edge: made by a password, renewed by a refresh token, ended.

import { EdgeAway } from "./edge";

export interface Session {
  access: string;
  refresh: string;
  expiresInS: number;
  /** Of the user, as the access token has it. */
  name: string;
}

/** The edge's answer: a session, or its refusal as it came. */
export type SignInResult = Session | Response;

/** Asks the edge; fulfilled by `edge.ts`. */
export type Ask = (path: string, body: object, access?: string) => Promise<Response>;

/** A renewed session is remembered so long: requests that were sent with the token before it get the same one. */
const REMEMBER_MS = 60_000;
const REMEMBERED = 10_000;

export class Sessions {
  private readonly renewals = new Map<string, Promise<Session | null>>();

  constructor(
    private readonly ask: Ask,
    private readonly forget: (drop: () => void, afterMs: number) => void = (drop, afterMs) => {
      setTimeout(drop, afterMs).unref();
    },
  ) {}

  async signIn(username: string, password: string): Promise<SignInResult> {
    const answer = await this.ask("/login", { username, password });
    return answer.ok ? toSession(await answer.json()) : answer;
  }

  /**
   * The session after this refresh token; null: it is not good any more. A token is spent once, however many requests
   * and tabs bring it at the same time: its second use, later, would end the whole sign-in at the edge. Raises
   * `EdgeAway` where the edge cannot decide, as without its database.
   */
  renew(refresh: string): Promise<Session | null> {
    const known = this.renewals.get(refresh);
    if (known) return known;
    const renewal = this.ask("/refresh", { refresh_token: refresh }).then(toRenewal);
    this.remember(refresh, renewal);
    return renewal;
  }

  /** Raises `EdgeAway`. */
  async signOut(access: string, refresh: string): Promise<void> {
    const answer = await this.ask("/logout", { refresh_token: refresh }, access);
    if (!answer.ok && answer.status !== 401)
      throw new EdgeAway(`the edge answered ${answer.status} to a sign-out`);
  }

  private remember(refresh: string, renewal: Promise<Session | null>): void {
    const drop = () => {
      if (this.renewals.get(refresh) === renewal) this.renewals.delete(refresh);
    };
    if (this.renewals.size >= REMEMBERED) {
      const [oldest] = this.renewals.keys();
      if (oldest !== undefined) this.renewals.delete(oldest);
    }
    this.renewals.set(refresh, renewal);
    renewal.then((session) => (session ? this.forget(drop, REMEMBER_MS) : drop()), drop);
  }
}

async function toRenewal(answer: Response): Promise<Session | null> {
  if (answer.ok) return toSession(await answer.json());
  await answer.body?.cancel();
  if (answer.status === 401 || answer.status === 400) return null;
  throw new EdgeAway(`the edge answered ${answer.status} to a renewal`);
}

function toSession(tokens: unknown): Session {
  const { access_token, refresh_token, expires_in } = tokens as Record<string, unknown>;
  if (
    typeof access_token !== "string" ||
    typeof refresh_token !== "string" ||
    typeof expires_in !== "number"
  ) {
    throw new Error("the edge's tokens have another form");
  }
  return {
    access: access_token,
    refresh: refresh_token,
    expiresInS: expires_in,
    name: nameIn(access_token),
  };
}

/** For showing only: the edge verifies its tokens itself. */
function nameIn(access: string): string {
  const payload = Buffer.from(access.split(".")[1] ?? "", "base64url").toString("utf8");
  const { name } = JSON.parse(payload) as { name?: unknown };
  return typeof name === "string" ? name : "";
}
