import { closeSync, openSync, readSync, watch, existsSync, writeFileSync } from "node:fs";

export interface FollowedFile {
  /** Passes on the rest of the file, including an unfinished last line, and stops. */
  close(): void;
}

/**
 * Passes whole lines to `onLines` as a file grows, beginning at byte `offset`, with the offset after the last line: a control plane that
 * stores it can continue there after a restart without losing or repeating a line.
 */
export function followLines(
  file: string,
  offset: number,
  onLines: (lines: string[], nextOffset: number) => void,
): FollowedFile {
  if (!existsSync(file)) writeFileSync(file, "", { mode: 0o600 });
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(64 * 1024);
  let position = offset;
  let rest = Buffer.alloc(0);
  let closed = false;

  const drain = () => {
    for (let count = read(); count > 0; count = read()) take(Buffer.concat([rest, buffer.subarray(0, count)]));
  };
  const read = () => readSync(descriptor, buffer, 0, buffer.length, position + rest.length);
  const take = (bytes: Buffer) => {
    const end = bytes.lastIndexOf(10) + 1;
    rest = Buffer.from(bytes.subarray(end));
    if (end === 0) return;
    position += end;
    onLines(bytes.toString("utf8", 0, end - 1).split("\n"), position);
  };

  const watcher = watch(file, drain);
  drain();
  return {
    close() {
      if (closed) return;
      closed = true;
      watcher.close();
      drain();
      if (rest.length > 0) onLines([rest.toString("utf8")], position + rest.length);
      closeSync(descriptor);
    },
  };
}
