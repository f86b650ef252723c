import * as z from "zod/mini";

export const properties = z.object({
  MasterSecretArn: z.string(),
  AppSecretArn: z.string(),
  MigrationsSecretArn: z.string(),
  /** Parameters of the URL in the secrets, as a JSON object. */
  UrlParameters: z.string(),
  /** Passwords are rotated when it grows. */
  PasswordGeneration: z.string().check(z.regex(/^\d+$/)),
});
