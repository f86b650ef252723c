import { request } from "node:http";
import type { HealthCheckConfig } from "./config.ts";
import { codeMatcher, type CheckResult } from "./health.ts";

interface Address {
  host: string;
  port: number;
}

/** Runs one health check against a target, on a separate connection. */
export function checkTarget({ host, port }: Address, check: HealthCheckConfig): Promise<CheckResult> {
  const checkedPort = check.port ?? port;
  return new Promise((resolve) => {
    const outgoing = request({
      host,
      port: checkedPort,
      path: check.path,
      agent: false,
      signal: AbortSignal.timeout(check.timeout),
      headers: { Host: `${host}:${checkedPort}`, "User-Agent": "ELB-HealthChecker/2.0", Connection: "close" },
    });
    outgoing.once("error", (error) => resolve(failure(error)));
    outgoing.once("response", (response) => {
      const status = response.statusCode ?? 0;
      response.once("error", (error) => resolve(failure(error)));
      response.once("end", () => resolve(resultOf(status, check.matcher)));
      response.resume();
    });
    outgoing.end();
  });
}

function resultOf(status: number, matcher: string): CheckResult {
  if (codeMatcher(matcher)(status)) return { ok: true };
  const description = `Health checks failed with these codes: [${status}]`;
  return { ok: false, reason: "Target.ResponseCodeMismatch", description };
}

function failure(error: Error): CheckResult {
  return error.name === "AbortError" || error.name === "TimeoutError"
    ? { ok: false, reason: "Target.Timeout", description: "Request timed out" }
    : { ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" };
}
