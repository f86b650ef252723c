import { cborCodec } from "./codec-cbor.ts";
import { jsonCodec } from "./codec-json.ts";
import { formOf, queryCodec } from "./codec-query.ts";
import { matchRest, restCodec } from "./codec-rest.ts";
import { AwsError, refusal } from "./errors.ts";
import { headerOf, type Codec, type Target, type WireRequest } from "./message.ts";
import type { ServiceSchema } from "./registry.ts";

/** The protocol is found per request, never per service: CloudWatch alone is spoken in three. */
export function codecOf(request: WireRequest): Codec {
  const { headers } = request;
  if (headerOf(headers, "smithy-protocol") === "rpc-v2-cbor") return cborCodec;
  if (headers["x-amz-target"] !== undefined) return jsonCodec(request);
  const isForm = headerOf(headers, "content-type")?.startsWith("application/x-www-form-urlencoded");
  const isAction = request.path === "/" && (isForm || request.query.has("Action"));
  return isAction ? queryCodec : restCodec;
}

/** Which operation is meant; throws AWS's error when there is none. */
export function targetOf(codec: Codec, services: readonly ServiceSchema[], request: WireRequest): Target {
  if (codec.kind === "rest") return restTarget(codec, services, request);
  if (codec.kind === "query") {
    const form = formOf(request);
    const service = signedService(services, request) ?? services.find(({ version }) => version === form.get("Version"));
    return named(codec, form.get("Action") ?? "", service ?? notRun(`Version ${form.get("Version")}`));
  }
  const [target = "", name = ""] =
    codec.kind === "cbor"
      ? (/^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.path)?.slice(1) ?? [])
      : (headerOf(request.headers, "x-amz-target") ?? "").split(".");
  return named(codec, name, services.find((service) => service.target === target) ?? notRun(target));
}

function restTarget(codec: Codec, services: readonly ServiceSchema[], request: WireRequest): Target {
  const isRest = ({ operations }: ServiceSchema) => operations.values().some(({ http }) => http !== undefined);
  const service = signedService(services, request) ?? services.find(isRest) ?? notRun(request.path);
  const operation = matchRest(service, request);
  if (operation) return { service, operation, codec };
  throw new AwsError("ResourceNotFoundException", `${request.method} ${request.path}: no operation`, 404);
}

function named(codec: Codec, name: string, service: ServiceSchema): Target {
  const operation = service.operations.get(name);
  if (operation && service.protocols.includes(codec.kind)) return { service, operation, codec };
  throw refusal("unknownOperation", codec.kind, `${service.name} has no operation "${name}".`);
}

function signedService(services: readonly ServiceSchema[], request: WireRequest): ServiceSchema | undefined {
  const authorization = headerOf(request.headers, "authorization") ?? "";
  const credential = /Credential=([^,]+)/.exec(authorization)?.[1] ?? request.query.get("X-Amz-Credential") ?? "";
  const name = credential.split("/")[3];
  return services.find(({ signingName }) => signingName === name);
}

function notRun(what: string): never {
  throw new AwsError("NotImplemented", `The local cloud does not run the service of "${what}".`, 501);
}
