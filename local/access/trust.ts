import { z } from "zod";
import { PolicyNotUnderstood } from "./policy.ts";

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

// Strict: a condition on who may assume a role would have to be enforced.
const trustSchema = z.strictObject({
  Version: z.string().optional(),
  Statement: z.union([z.unknown().array(), z.unknown().transform((one) => [one])]).pipe(
    z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.literal("Allow"),
        Action: oneOrMany,
        Principal: z.strictObject({ Service: oneOrMany.default([]), AWS: oneOrMany.default([]) }),
      }),
    ),
  ),
});

/** Services that may take on a role by its trust policy, e.g. `lambda.amazonaws.com`. Other principals cannot assume roles here. */
export function trustedServices(document: unknown): string[] {
  const parsed = trustSchema.safeParse(document);
  if (!parsed.success) throw new PolicyNotUnderstood(`AssumeRolePolicyDocument: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.filter(({ Action }) => Action.includes("sts:AssumeRole")).flatMap(
    ({ Principal }) => Principal.Service,
  );
}
