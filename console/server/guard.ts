import type { IncomingMessage } from "node:http";
import { RequestRefused } from "./errors.ts";
import type { Sessions } from "./session.ts";

export const keyHeader = "x-lockstep-key";
export const cookieName = "lockstep-console";

/**
 * Refuses requests that are not of the console's own page: those of other names for this address (DNS rebinding), and those that pages
 * of other origins send. https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function checkOrigin({ headers, method }: IncomingMessage, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = "", origin } = headers;
  if (!hosts.includes(host)) throw new RequestRefused(403, `The console does not answer for host ${host}.`);
  const site = headers["sec-fetch-site"];
  // A link in another page may open the console, which loads nothing before its own script has asked with the key.
  const isOpened = method === "GET" && headers["sec-fetch-mode"] === "navigate";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isOpened) {
    throw new RequestRefused(403, "The request was sent by another page.");
  }
  const isOwn = origin === `http://${host}`;
  if (origin === undefined ? method === "POST" : !isOwn) {
    throw new RequestRefused(403, "The request was sent by another page.");
  }
}

/** Requires the cookie and the key of a session. */
export function checkSession({ headers }: IncomingMessage, sessions: Sessions): void {
  const cookies = (headers.cookie ?? "").split(";").map((cookie) => cookie.trim());
  const cookie = cookies.find((one) => one.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
  const key = headers[keyHeader];
  if (cookie === undefined || typeof key !== "string" || !sessions.isValid({ cookie, key })) {
    throw new RequestRefused(401, "This browser has no session. Run: lockstep console");
  }
}
