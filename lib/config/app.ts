import * as z from "zod";
import { health } from "./health.ts";
import { migrations } from "./migrations.ts";
import { argv } from "./values.ts";
import { generated } from "./variables.ts";

export const app = z.strictObject({
  root: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))(?!.*\/$)[^\\]+$/, 'a folder in the repository, such as "apps/web"')
    .default(".")
    .describe("Folder of the app in the repository, such as a workspace. Other paths of the app are relative to it."),
  node: z
    .literal([20, 22, 24])
    .default(24)
    .describe("Major version of Node.js of the app: of its builds, its image and its tasks."),
  files: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "Files and folders that belong to the image, without patterns, besides package.json, node_modules and the migrations; defaults to `files` in package.json, or everything but tests.",
    ),
  port: z
    .number()
    .int()
    .min(1024)
    .max(65535)
    .default(3000)
    .describe("Port that the app listens on, passed to it as PORT."),
  health: health.prefault({}),
  startSeconds: z
    .number()
    .int()
    .min(5)
    .max(600)
    .default(60)
    .describe(
      "Health check grace period: how long the app may take to start, in seconds. A release fails early if the app gives the same wrong answer for a quarter of it; while it starts it may answer 502 to 504, or not at all.",
    ),
  start: argv.default(["node", "dist/server.js"]).describe("Command that starts the app, as a list of arguments."),
  migrations,
  generated,
});
