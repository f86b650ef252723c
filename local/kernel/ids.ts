import { randomBytes, randomUUID } from "node:crypto";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** The only source of identifiers, so that a test can replace it with a seeded one. */
export interface Ids {
  uuid(): string;
  hex(length: number): string;
  /** Lower-case letters and digits. */
  word(length: number): string;
  /** 256 bits, base64url: keys, passwords and tokens. */
  secret(): string;
}

export const randomIds: Ids = {
  uuid: () => randomUUID(),
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString("hex")
      .slice(0, length),
  word: (length) => Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join(""),
  secret: () => randomBytes(32).toString("base64url"),
};
