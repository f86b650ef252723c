import { z } from "zod";
import { type RequestContext, parseCondition } from "./conditions.ts";
import { PolicyNotSupported } from "./policy.ts";

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** Values per operator and key. Only the keys for the source that the service acts for: others could not be enforced. */
const conditionSchema = z.record(
  z.string(),
  z.partialRecord(z.literal(["aws:SourceAccount", "aws:SourceArn"]), z.unknown()),
);

const trustSchema = z.strictObject({
  Version: z.string().optional(),
  Statement: z.union([z.unknown().array(), z.unknown().transform((one) => [one])]).pipe(
    z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.literal("Allow"),
        Action: oneOrMany,
        Principal: z.strictObject({ Service: oneOrMany.default([]), AWS: oneOrMany.default([]) }),
        Condition: conditionSchema.default({}),
      }),
    ),
  ),
});

/** A service that may assume a role, e.g. `lambda.amazonaws.com`, and for which sources. */
export interface TrustedService {
  service: string;
  conditions: z.infer<typeof conditionSchema>;
}

/** Services that may assume a role by its trust policy. Other principals cannot assume roles in the local cloud. */
export function trustedServices(document: unknown): TrustedService[] {
  const parsed = trustSchema.safeParse(document);
  if (!parsed.success)
    throw new PolicyNotSupported(`Invalid AssumeRolePolicyDocument: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.filter(({ Action }) => Action.includes("sts:AssumeRole")).flatMap(
    ({ Principal, Condition }) => Principal.Service.map((service) => ({ service, conditions: Condition })),
  );
}

/** Do the conditions hold when the service acts for `sourceArn`? Without a source, a condition on it does not hold. */
export function holdsFor(conditions: TrustedService["conditions"], sourceArn: string | undefined): boolean {
  const context: RequestContext = new Map(
    sourceArn === undefined
      ? []
      : [
          ["aws:sourcearn", [sourceArn]],
          ["aws:sourceaccount", [sourceArn.split(":")[4] ?? ""]],
        ],
  );
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => parseCondition(operator, key, values)(context)),
  );
}
