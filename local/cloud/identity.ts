import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { nameOfRole } from "#local/access/index.ts";
import { writeFileAtomic } from "#local/kernel/index.ts";
import { z } from "zod";
import type { Principal } from "./service.ts";

const keysSchema = z.strictObject({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  /** Signs tokens; whoever has it may be anyone. */
  tokenKey: z.string(),
});

const principalSchema: z.ZodType<Principal> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("root"), arn: z.string() }),
  z.strictObject({ kind: z.literal("role"), arn: z.string(), roleArn: z.string(), sessionName: z.string() }),
  z.strictObject({
    kind: z.literal("service"),
    arn: z.string(),
    service: z.string(),
    sourceArn: z.string().exactOptional(),
  }),
]);

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** Who is who: keys and tokens of one data directory. Nothing is kept but the first secret, so they outlive the control plane. */
export interface Identity {
  readonly root: Readonly<{ accessKeyId: string; secretAccessKey: string }>;
  keyFor(principal: Principal): AccessKey;
  resolveKey(
    accessKeyId: string,
    sessionToken: string | undefined,
  ): { secretAccessKey: string; principal: Principal } | undefined;
  issueToken(principal: Principal): string;
  redeemToken(token: string): Principal | undefined;
}

export function openIdentity(directory: string, accountId: string): Identity {
  const keys = readKeys(path.join(directory, "credentials.json"));
  const mac = (text: string) => createHmac("sha256", keys.tokenKey).update(text).digest();
  const issueToken = (principal: Principal) => {
    const content = Buffer.from(JSON.stringify(principal)).toString("base64url");
    return `${content}.${mac(content).toString("base64url")}`;
  };
  const redeemToken = (token: string) => {
    const [content = "", signature = ""] = token.split(".");
    const [given, wanted] = [Buffer.from(signature, "base64url"), mac(content)];
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    return principalSchema.parse(JSON.parse(Buffer.from(content, "base64url").toString("utf8")));
  };
  // differs from AWS: the keys of a role are valid as long as the data directory exists, because tasks outlive the control plane that would renew them.
  const keyOf = (sessionToken: string): AccessKey => ({
    accessKeyId: `ASIA${base32(mac(`id:${sessionToken}`)).slice(0, 16)}`,
    secretAccessKey: mac(`secret:${sessionToken}`).toString("base64").slice(0, 40),
    sessionToken,
  });
  const root = { kind: "root", arn: `arn:aws:iam::${accountId}:root` } as const;
  return {
    root: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
    keyFor: (principal) => keyOf(issueToken(principal)),
    resolveKey(accessKeyId, sessionToken) {
      if (sessionToken === undefined) {
        return accessKeyId === keys.accessKeyId
          ? { secretAccessKey: keys.secretAccessKey, principal: root }
          : undefined;
      }
      const principal = redeemToken(sessionToken);
      const key = keyOf(sessionToken);
      return principal && key.accessKeyId === accessKeyId
        ? { secretAccessKey: key.secretAccessKey, principal }
        : undefined;
    },
    issueToken,
    redeemToken,
  };
}

export function rolePrincipal(roleArn: string, sessionName: string): Principal {
  const account = roleArn.split(":")[4] ?? "";
  return {
    kind: "role",
    roleArn,
    sessionName,
    arn: `arn:aws:sts::${account}:assumed-role/${nameOfRole(roleArn)}/${sessionName}`,
  };
}

function readKeys(file: string): z.infer<typeof keysSchema> {
  if (!existsSync(file)) {
    const keys = {
      accessKeyId: `AKIA${base32(randomBytes(10)).slice(0, 16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      tokenKey: randomBytes(32).toString("base64url"),
    };
    writeFileAtomic(file, JSON.stringify(keys));
  }
  return keysSchema.parse(JSON.parse(readFileSync(file, "utf8")));
}

const base32 = (bytes: Uint8Array) => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five, 2)])
    .join("");
};
