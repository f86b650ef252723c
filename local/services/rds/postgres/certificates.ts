import { writeFileAtomic } from "#local/kernel/index.ts";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { generate } from "selfsigned";

/** The authority that signs the certificates of all DB instances, as `rds-ca-rsa2048-g1` does in a region of AWS. */
export interface Authority {
  /** PEM file for clients: sslrootcert, NODE_EXTRA_CA_CERTS. */
  file: string;
  certificate: string;
  key: string;
}

export interface ServerCertificate {
  certificate: string;
  key: string;
}

const tenYears = 3_650 * 24 * 3_600_000;

export async function openAuthority(directory: string): Promise<Authority> {
  const file = path.join(directory, "rds-ca.pem");
  const keyFile = path.join(directory, "rds-ca.key");
  if (!existsSync(file)) {
    const generated = await generate([{ name: "commonName", value: "Local RDS CA" }], {
      ...options(),
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    writeFileAtomic(keyFile, generated.private);
    writeFileAtomic(file, generated.cert);
  }
  return { file, certificate: readFileSync(file, "utf8"), key: readFileSync(keyFile, "utf8") };
}

export async function issueCertificate(authority: Authority): Promise<ServerCertificate> {
  const generated = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    ...options(),
    ca: { key: authority.key, cert: authority.certificate },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 7, ip: "127.0.0.1" },
          // Node's TLS checks the name `localhost` when a client such as pg connects to an address.
          { type: 2, value: "localhost" },
        ],
      },
    ],
  });
  return { certificate: generated.cert, key: generated.private };
}

const options = () => ({
  keySize: 2048 as const,
  algorithm: "sha256",
  notBeforeDate: new Date(),
  notAfterDate: new Date(Date.now() + tenYears),
});
