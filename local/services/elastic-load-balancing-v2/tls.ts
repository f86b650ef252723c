import { generate } from "selfsigned";
import { invalid } from "./faults.ts";
import type { Input } from "./reads.ts";
import type { Listener } from "./store.ts";

const tenYears = 3_650 * 24 * 3_600_000;

/** as AWS: the policy of a listener whose request names none. */
const defaultPolicy = "ELBSecurityPolicy-2016-08";

type Request = Pick<Input<"modifyListener">, "Protocol" | "Certificates" | "SslPolicy">;

/**
 * TLS of an HTTPS listener; undefined for HTTP.
 * differs from AWS: ACM is not consulted; the listener gets a self-signed certificate for the address that it has here.
 */
export async function tlsOf(request: Request, current?: Listener["tls"]): Promise<Listener["tls"]> {
  const { Protocol = current ? "HTTPS" : "HTTP", Certificates = [], SslPolicy } = request;
  if (Protocol === "HTTP") {
    if (Certificates.length > 0 || SslPolicy !== undefined)
      throw invalid("Certificates and an SSL policy can only be specified for HTTPS listeners");
    return undefined;
  }
  if (Protocol !== "HTTPS") throw invalid(`Protocol '${Protocol}' is not supported for application load balancers`);
  const certificateArn = Certificates[0]?.CertificateArn ?? current?.certificateArn;
  if (certificateArn === undefined || Certificates.length > 1)
    throw invalid("An HTTPS listener must have exactly one default certificate");
  const pair = current ?? (await selfSigned());
  return {
    key: pair.key,
    certificate: pair.certificate,
    certificateArn,
    policy: SslPolicy ?? current?.policy ?? defaultPolicy,
  };
}

async function selfSigned() {
  const altNames = [
    { type: 7 as const, ip: "127.0.0.1" },
    { type: 2 as const, value: "localhost" },
  ];
  const { private: key, cert: certificate } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keySize: 2048,
    algorithm: "sha256",
    notBeforeDate: new Date(),
    notAfterDate: new Date(Date.now() + tenYears),
    extensions: [{ name: "subjectAltName", altNames }],
  });
  return { key, certificate };
}
