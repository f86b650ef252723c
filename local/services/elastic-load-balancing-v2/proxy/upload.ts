import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * Request body for a target, separate from the client's connection: when the target responds before it has read everything, or
 * disconnects, only this stream ends, so that the client still gets a response.
 */
export class Upload extends Readable {
  readonly #request: IncomingMessage;
  #isStarted = false;

  constructor(request: IncomingMessage) {
    super();
    this.#request = request;
  }

  /** Whether part of the body was read: then the request cannot be retried. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  override _read(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#request.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#isStarted) {
      this.#request.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError);
      this.#request.on("error", ignore).resume();
    }
    callback(error);
  }

  #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause();
  };

  #onEnd = (): void => {
    this.push(null);
  };

  #onError = (error: Error): void => {
    this.destroy(error);
  };
}

const ignore = () => undefined;
