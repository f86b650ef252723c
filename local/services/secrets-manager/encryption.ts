import { writeFileAtomic } from "#local/kernel/index.ts";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const algorithm = "aes-256-gcm";
const ivLength = 12;
const tagLength = 16;

/** Replaces the account's KMS key: a file of this service, readable by its owner only. */
export function openKey(directory: string): Buffer {
  const file = path.join(directory, "key");
  if (!existsSync(file)) writeFileAtomic(file, randomBytes(32));
  return readFileSync(file);
}

/** `context` says what the bytes are of: sealed bytes that were moved to another place do not open. */
export function seal(key: Buffer, bytes: Uint8Array, context: string): string {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

export function unseal(key: Buffer, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
  return Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]);
}
