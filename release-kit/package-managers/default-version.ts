import { readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "../errors.ts";

/** For apps without `packageManager`. With their hashes: a registry of one's own has no signatures. All run on Node.js 20. */
const versions = {
  pnpm10:
    "10.34.9+sha512.f49b5a8ea0fdedb44bb3c0c1d6575092a53c2950d95b7ad15df11f17974877a2de3a01c07e934e9b28ce716e51c09a94962c7306d09be2e1e4b18a8c8762fd32",
  pnpm8:
    "8.15.9+sha512.499434c9d8fdd1a2794ebf4552b3b25c0a633abcee5bb15e7b5de90f32f47b513aca98cd5cfd001c31f0db454bc3804edccd578501e4ca293a6816166bbd9f81",
  yarnClassic:
    "1.22.22+sha512.a6b2f7906b721bba3d67d4aff083df04dad64c399707841b7acf00f6b133b7ac24255f2652fa22ae3534329dc6180534e98d17432037ff6fd140556e2bb3137e",
  yarnBerry:
    "4.18.1+sha512.b2e1e7524f654f2749d32b4ebcb4622473cb5bcbc485df2007e12a154e50162a4d795526768bc5f5b8f81717bfd79deb2472813d86fb5ae2eb551fa9c872b08f",
};

/** The version that reads the lock file. */
export function defaultVersion(root: string, lockFile: string): string {
  const text = readFileSync(path.join(root, lockFile), "utf8");
  if (lockFile === "yarn.lock") return /^__metadata:/m.test(text) ? versions.yarnBerry : versions.yarnClassic;
  const format = /^lockfileVersion:\s*'?([\d.]+)/m.exec(text)?.[1];
  if (format === "9.0") return versions.pnpm10;
  if (format === "6.0") return versions.pnpm8;
  throw new ReleaseKitError(
    `${lockFile} has version ${format ?? "unknown"}. Fix: set packageManager in package.json to the pnpm that wrote it: \`corepack use pnpm@<version>\`.`,
  );
}
