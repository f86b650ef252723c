import type { CommandResult, RunOptions } from "./command-line.ts";

/** The server of the console. */
export interface ConsoleProcess {
  /** Opens a session once. */
  url: string;
  close(): Promise<unknown>;
}

export async function openConsole(start: (options: RunOptions) => Promise<CommandResult>): Promise<ConsoleProcess> {
  const interrupt = new AbortController();
  const { promise: shown, resolve, reject } = Promise.withResolvers<string>();
  let output = "";
  const ended = start({
    interrupt: interrupt.signal,
    onStdout(words) {
      output += words;
      const [, url] = /^Console: (\S+)$/m.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    },
  });
  void ended.then(({ stderr }) => reject(new Error(`The console did not start: ${stderr}`)), reject);
  const url = await shown;
  return {
    url,
    async close() {
      interrupt.abort();
      await ended;
    },
  };
}
