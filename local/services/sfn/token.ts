import { invalidToken } from "./faults.ts";

/** The task that a token belongs to. A secret in the token makes it unguessable. */
export interface TokenContent {
  executionArn: string;
  frameId: string;
}

export function writeToken(executionArn: string, frameId: string, secret: string): string {
  return Buffer.from(JSON.stringify([executionArn, frameId, secret])).toString("base64");
}

export function readToken(token: string): TokenContent {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    const [executionArn, frameId] = Array.isArray(content) ? (content as unknown[]) : [];
    if (typeof executionArn === "string" && typeof frameId === "string") return { executionArn, frameId };
  } catch {
    // Not a token of ours: rejected below.
  }
  throw invalidToken();
}
