import * as z from "zod";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html: for HTTP, 200 to 499. */
function areStatusCodes(text: string): boolean {
  return text.split(",").every((range) => {
    const [, from = "", to = from] = /^([2-4]\d\d)(?:-([2-4]\d\d))?$/.exec(range) ?? [];
    return from !== "" && from <= to;
  });
}

export const health = z.strictObject({
  path: z
    .string()
    .startsWith("/", 'a path that starts with "/"')
    .default("/health")
    .describe("Health check path; responds with an accepted status when the app is ready for traffic."),
  accept: z
    .string()
    .refine(areStatusCodes, 'status codes from 200 to 499, such as "200", "200,204" or "200-399"')
    .default("200")
    .describe('Status codes of a healthy response, such as `"200"`, `"200,204"` or `"200-399"`.'),
});
