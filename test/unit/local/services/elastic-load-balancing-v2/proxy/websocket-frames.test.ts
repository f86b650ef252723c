import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FrameBoundary } from "#local/services/elastic-load-balancing-v2/proxy/websocket-frames.ts";

function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const header =
    length < 126
      ? Buffer.from([0x82, mask | length])
      : length < 65_536
        ? Buffer.from([0x82, mask | 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([0x82, mask | 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([header, Buffer.alloc(isMasked ? 4 : 0), Buffer.alloc(length, 0x88)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const length = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 65_530, max: 65_540 }));
const frames = fc.array(fc.tuple(length, fc.boolean()), { minLength: 1, maxLength: 6 });

const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 });

const anyStream = fc.property(frames, sizes, (input, pieces) => {
  const all = input.map(([size, isMasked]) => frame(size, isMasked));
  const ends = new Set([0]);
  let end = 0;
  for (const each of all) ends.add((end += each.length));
  const stream = Buffer.concat(all);
  const boundary = new FrameBoundary();
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = pieces[turn % pieces.length] ?? 1;
    boundary.follow(stream.subarray(at, at + size));
    at = Math.min(at + size, stream.length);
    if (boundary.isBetweenFrames !== ends.has(at)) return false;
  }
  return true;
});

test("finds the end of a frame for any split of the bytes", () => {
  expect(fc.check(anyStream, { numRuns: 300 }).failed).toBe(false);
});
