import { randomBytes } from "node:crypto";

export const newSlug = (): string => randomBytes(4).toString("hex");
