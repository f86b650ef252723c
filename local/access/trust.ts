import { z } from "zod";
import { type Facts, parseCondition } from "./conditions.ts";
import { PolicyNotUnderstood } from "./policy.ts";

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** Per operator, the wanted values per key. Only the keys that say on whose behalf the service acts: others could not be enforced. */
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

/** A service that may take on a role, e.g. `lambda.amazonaws.com`, and on whose behalf. */
export interface TrustedService {
  service: string;
  conditions: z.infer<typeof conditionSchema>;
}

/** Who may take on a role by its trust policy. Principals other than services cannot assume roles here. */
export function trustedServices(document: unknown): TrustedService[] {
  const parsed = trustSchema.safeParse(document);
  if (!parsed.success) throw new PolicyNotUnderstood(`AssumeRolePolicyDocument: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.filter(({ Action }) => Action.includes("sts:AssumeRole")).flatMap(
    ({ Principal, Condition }) => Principal.Service.map((service) => ({ service, conditions: Condition })),
  );
}

/** Do the conditions hold when the service acts for `sourceArn`? A condition on a source that is not told does not hold. */
export function holdsFor(conditions: TrustedService["conditions"], sourceArn: string | undefined): boolean {
  const facts: Facts = new Map(
    sourceArn === undefined
      ? []
      : [
          ["aws:sourcearn", [sourceArn]],
          ["aws:sourceaccount", [sourceArn.split(":")[4] ?? ""]],
        ],
  );
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => parseCondition(operator, key, values)(facts)),
  );
}
