/** A close frame as a server sends it, with status 1001, "going away". https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1 */
export const closeGoingAway = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/**
 * Tracks frame boundaries in a WebSocket stream: only there can a close frame be inserted.
 * https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export class FrameBoundary {
  #header = Buffer.alloc(0);
  #payloadLeft = 0;

  get isBetweenFrames(): boolean {
    return this.#payloadLeft === 0 && this.#header.length === 0;
  }

  /** Processes the next bytes of the stream. */
  follow(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, rest.length);
        this.#payloadLeft -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const before = this.#header.length;
      const header = Buffer.concat([this.#header, rest.subarray(0, 14 - before)]);
      const frame = readHeader(header);
      if (!frame) {
        this.#header = header;
        return;
      }
      rest = rest.subarray(frame.headerLength - before);
      this.#header = Buffer.alloc(0);
      this.#payloadLeft = frame.payloadLength;
    }
  }
}

/** Undefined when more bytes are needed. */
function readHeader(bytes: Buffer): { headerLength: number; payloadLength: number } | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const mask = second & 0x80 ? 4 : 0;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerLength = 2 + extended + mask;
  if (bytes.length < headerLength) return undefined;
  const lengths = { 0: short, 2: extended === 2 ? bytes.readUInt16BE(2) : 0 };
  const payloadLength = extended === 8 ? Number(bytes.readBigUInt64BE(2)) : extended === 2 ? lengths[2] : lengths[0];
  return { headerLength, payloadLength };
}
