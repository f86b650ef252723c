import * as z from "zod/mini";

export const properties = z.object({
  SecretArn: z.string(),
  /** Keys whose values are generated once. */
  GeneratedKeys: z.array(z.string()),
});
