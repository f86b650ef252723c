import * as z from "zod/mini";

export const properties = z.object({
  SecretArn: z.string(),
  /** Key whose value is generated once. */
  GeneratedKey: z.string(),
});
