import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

const iterations = 4096;

/**
 * What PostgreSQL stores of a password (RFC 5802). Made here, so that the password itself is never part of an SQL statement, a log line or
 * our store. RDS allows printable ASCII only, so there is nothing for SASLprep to do.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${hmac("Server Key").toString("base64")}`;
}

export function isPasswordOf(verifier: string, password: string): boolean {
  const salt = Buffer.from(verifier.split(/[:$]/)[2] ?? "", "base64");
  return timingSafeEqual(Buffer.from(scramVerifier(password, salt)), Buffer.from(verifier));
}
