import * as z from "zod/mini";

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html: what Step Functions reports as the cause when a function throws. */
const functionError = z.object({ errorType: z.string(), errorMessage: z.string() });

const limit = 2_000;

/** The cause of a failure as a person reads it: a step's text, or the message of a function's error without its trace. */
export function readableCause(cause: string): string {
  try {
    const error = z.safeParse(functionError, JSON.parse(cause));
    return error.success ? shorten(`${error.data.errorType}: ${error.data.errorMessage}`) : cause;
  } catch {
    return cause; // plain text, as the steps write it
  }
}

/** Keeps the first sentences, and the end, which says what to do. */
export function shorten(text: string): string {
  if (text.length <= limit) return text;
  const half = limit / 2;
  return `${text.slice(0, half).trimEnd()}\n… (shortened)\n${text.slice(-half).trimStart()}`;
}
