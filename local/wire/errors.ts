import type { NormalizedSchema } from "@smithy/core/schema";
import { z } from "zod";
import type { Codec, WireError } from "./message.ts";
import type { ServiceSchema } from "./registry.ts";

/** An error of AWS by its name. Code, status and members are those of the service's shape of that name, if it has one. */
export class AwsError extends Error {
  readonly $fault: "client" | "server";
  readonly status: number | undefined;
  /** `status` is for errors without a shape; the default is 400. */
  constructor(name: string, message: string, status?: number) {
    super(message);
    this.name = name;
    this.status = status;
    this.$fault = (status ?? 400) < 500 ? "client" : "server";
  }
}

const fault = z.object({ name: z.string(), message: z.string(), $fault: z.enum(["client", "server"]) });
const errorTraits = z.object({
  error: z.enum(["client", "server"]).optional(),
  httpError: z.number().optional(),
  awsQueryError: z.tuple([z.string(), z.number()]).optional(),
});

/** Undefined when the error is not one of AWS's: a defect of the local cloud. */
export function describeError(service: ServiceSchema | undefined, error: unknown): WireError | undefined {
  const parsed = fault.safeParse(error instanceof Error ? pick(error) : undefined);
  if (!parsed.success) return undefined;
  const { name, message, $fault } = parsed.data;
  const schema = service?.errors.get(name);
  const { error: shapeFault, httpError, awsQueryError } = schema ? errorTraits.parse(schema.getMergedTraits()) : {};
  const ownStatus = error instanceof AwsError ? error.status : undefined;
  const isServerFault = (shapeFault ?? $fault) === "server";
  return {
    name,
    code: awsQueryError?.[0] ?? name,
    message,
    status: ownStatus ?? httpError ?? awsQueryError?.[1] ?? (isServerFault ? 500 : 400),
    sender: !isServerFault,
    members: schema ? membersOf(schema, Object(error), message) : { message },
    schema,
  };
}

export const internalFailure: WireError = {
  name: "InternalFailure",
  code: "InternalFailure",
  message: "The request processing has failed because of an unknown error, exception or failure.",
  status: 500,
  sender: false,
  members: { message: "The request processing has failed because of an unknown error, exception or failure." },
};

const pick = (error: Error) => ({ name: error.name, message: error.message, $fault: Reflect.get(error, "$fault") });

function membersOf(schema: NormalizedSchema, error: object, message: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name] of schema.structIterator()) {
    const value: unknown = name.toLowerCase() === "message" ? message : Reflect.get(error, name);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

/** as AWS: the names of these errors depend on the protocol. */
const refusals = {
  missingToken: { json: "MissingAuthenticationTokenException", query: "MissingAuthenticationToken" },
  unknownKey: { json: "UnrecognizedClientException", query: "InvalidClientTokenId" },
  badSignature: { json: "InvalidSignatureException", query: "SignatureDoesNotMatch" },
  incomplete: { json: "IncompleteSignatureException", query: "IncompleteSignature" },
  unreadable: { json: "SerializationException", query: "MalformedInput" },
  unknownOperation: { json: "UnknownOperationException", query: "InvalidAction" },
} as const;

export function refusal(kind: keyof typeof refusals, codec: Codec["kind"], message: string): AwsError {
  const names = refusals[kind];
  const isForbidden = kind === "unknownKey" || kind === "badSignature" || kind === "missingToken";
  // as AWS: JSON services answer 400 where the others answer 403.
  const status = isForbidden && (codec === "query" || codec === "rest") ? 403 : 400;
  return new AwsError(codec === "query" ? names.query : names.json, message, status);
}
