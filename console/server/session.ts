import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const tokenMinutes = 15;
const sessionHours = 12;

/** The secrets of one browser. A cookie alone would also be sent to other ports of this machine, such as those of the app. */
export interface SessionSecrets {
  cookie: string;
  /** Kept by the page, and sent in a header. */
  key: string;
}

/** One-time tokens, and the sessions for which they were exchanged. In memory: a restart ends all sessions. */
export class Sessions {
  readonly #now: () => number;
  readonly #tokens = new Map<string, number>();
  readonly #sessions = new Map<string, { keyHash: string; until: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A token for one exchange within 15 minutes. */
  issueToken(): string {
    const token = secret();
    this.#tokens.set(hash(token), this.#now() + tokenMinutes * 60_000);
    return token;
  }

  /** Undefined for a token that is unknown, used or too old. */
  exchange(token: string): SessionSecrets | undefined {
    const until = this.#tokens.get(hash(token));
    this.#tokens.delete(hash(token));
    if (until === undefined || until < this.#now()) return undefined;
    const secrets = { cookie: secret(), key: secret() };
    const end = this.#now() + sessionHours * 3_600_000;
    this.#sessions.set(hash(secrets.cookie), { keyHash: hash(secrets.key), until: end });
    return secrets;
  }

  isValid({ cookie, key }: SessionSecrets): boolean {
    const session = this.#sessions.get(hash(cookie));
    if (!session || session.until < this.#now()) return false;
    return timingSafeEqual(Buffer.from(session.keyHash), Buffer.from(hash(key)));
  }
}

const secret = () => randomBytes(32).toString("base64url");
const hash = (text: string) => createHash("sha256").update(text).digest("hex");
