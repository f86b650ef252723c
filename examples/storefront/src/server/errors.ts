import { DrizzleQueryError } from "drizzle-orm";
import type { ErrorRequestHandler, RequestHandler } from "express";
import * as z from "zod";
import { describe, log } from "./log.ts";
import type { SendPage } from "./page-routes.ts";

/** An answer other than success that the visitor can understand and act on. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const notFound: RequestHandler = (request) => {
  throw new HttpError(404, `There is nothing at ${request.path}.`);
};

export function answerError(sendPage: SendPage): ErrorRequestHandler {
  return async (error, request, response, next) => {
    const { status, message } = toHttpError(error);
    if (status >= 500) log.error("request failed", { method: request.method, path: request.path, ...trail(error) });
    if (response.headersSent) return next(error);
    response.status(status);
    if (request.path.startsWith("/api/")) {
      response.json({ error: message });
      return;
    }
    const title = status === 404 ? "Not found" : "Something went wrong";
    await sendPage(request, response, { kind: "problem", title, detail: message });
  };
}

function toHttpError(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof HttpError) return error;
  if (error instanceof z.ZodError) return { status: 400, message: error.issues.map(explain).join("; ") };
  // Express's own: a body that is no JSON, too long, a path that cannot be decoded.
  const known = z.object({ status: z.int().min(400).max(499), message: z.string() }).safeParse(error);
  if (known.success) return known.data;
  return { status: 500, message: "The shop could not do this. Please try again in a moment." };
}

const explain = (issue: z.core.$ZodIssue): string => [...issue.path.map(String), issue.message].join(": ");

/** drizzle's own message would put the values, such as a customer's address, into the log. */
function trail(error: unknown): {
  readonly error: string;
  readonly query?: string;
  readonly stack?: string | undefined;
} {
  if (error instanceof DrizzleQueryError) return { ...trail(error.cause), query: error.query };
  return { error: describe(error), stack: error instanceof Error ? error.stack : undefined };
}
