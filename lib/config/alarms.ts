import * as z from "zod";
import { minutes } from "./values.ts";

export const alarms = z
  .strictObject({
    errorPercent: z
      .number()
      .gt(0)
      .max(100)
      .default(1)
      .describe(
        "Percentage of requests answered with a 5xx status above which a release is rolled back; one or two errors in a period never do.",
      ),
    latencyP95Seconds: z
      .number()
      .gt(0)
      .max(300)
      .default(2)
      .describe("95th percentile of the response time, in seconds, above which a release is rolled back."),
    minRequests: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe("Minimum number of requests in a period; periods with fewer requests are not evaluated."),
    periodSeconds: z
      .number()
      .int()
      .min(60)
      .max(3600)
      .multipleOf(60)
      .default(60)
      .describe(
        "Length of an evaluation period, in seconds: a multiple of 60, because load balancer metrics have one-minute resolution.",
      ),
    datapoints: z
      .strictObject({
        breaching: z
          .number()
          .int()
          .min(1)
          .max(24)
          .default(2)
          .describe("Datapoints to alarm: how many of the evaluation periods must be breaching."),
        of: z
          .number()
          .int()
          .min(1)
          .max(24)
          .default(3)
          .describe("Evaluation periods: how many of the latest periods are evaluated."),
      })
      .refine(({ breaching, of }) => breaching <= of, "`breaching` to be at most `of` (3 by default)")
      .prefault({}),
    windowMinutes: minutes.default(60).describe("How long after a release an alarm rolls it back, in minutes."),
  })
  .prefault({});
