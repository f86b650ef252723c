import type { Server } from "node:http";
import type { Config } from "./config.ts";
import { drainable } from "./drain.ts";
import { describe, log } from "./log.ts";

type Serving = { readonly server: Server; readonly config: Config; readonly close: () => Promise<void> };

const stopLimitMillis = 20_000;

/** Listens until SIGTERM, then lets the requests under way finish and ends the process. */
export function serve({ server, config, close }: Serving): void {
  // Longer than the load balancer's idle timeout of 60 s: it must be the one that closes, or it sends a request into
  // a connection that is closing and answers 502.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  const drain = drainable(server);

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    log.info("stopping", { signal });
    // Closing the database can hang as well; nothing may outlive the limit.
    setTimeout(() => process.exit(1), stopLimitMillis + 1_000).unref();
    const clean = await drain.stop(stopLimitMillis);
    await close();
    if (!clean) log.error("stopped with requests unanswered", { limitSeconds: stopLimitMillis / 1_000 });
    else log.info("stopped");
    process.exit(clean ? 0 : 1);
  };
  process.once("SIGTERM", (signal) => void stop(signal));
  process.once("SIGINT", (signal) => void stop(signal));

  server.once("error", (error) => {
    process.stderr.write(`Cannot listen on ${config.HOST}:${config.PORT}: ${describe(error)}\n`);
    process.exit(1);
  });
  server.listen(config.PORT, config.HOST, () => {
    log.info("listening", { host: config.HOST, port: config.PORT, release: config.RELEASE });
  });
}
