import * as z from "zod";
import { reservedWords } from "../names.ts";

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case letters, digits and single hyphens, starting with a letter")
  .max(24);
export const resourceName = name.refine(
  (text) => !text.split("-").some((word) => reservedWords.includes(word)),
  `words other than ${reservedWords.join(", ")}, with which the pipeline names resources of its own`,
);
export const connectionArn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[\w-]+$/,
    "the ARN of a CodeConnections connection",
  );
export const argv = z.array(z.string().min(1)).min(1);
export const minutes = z.number().int().min(0).max(2880);
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and underscores, not starting with a digit");
