import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

interface UploadOptions {
  /** Milliseconds. */
  idleTimeout: number;
  /** The client sent nothing for that long although the target was ready for more. */
  onIdle: () => void;
}

/**
 * Request body for a target, separate from the client's connection: when the target responds before it has read everything, or
 * disconnects, only this stream ends, so that the client still gets a response.
 */
export class Upload extends Readable {
  readonly #request: IncomingMessage;
  readonly #idle: UploadOptions;
  #isStarted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, idle: UploadOptions) {
    super();
    this.#request = request;
    this.#idle = idle;
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
    this.#timer ??= setTimeout(this.#idle.onIdle, this.#idle.idleTimeout);
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopTimer();
    if (this.#isStarted) {
      this.#request.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError);
      this.#request.on("error", ignore).resume();
    }
    callback(error);
  }

  #onData = (chunk: Buffer): void => {
    this.#timer?.refresh();
    if (this.push(chunk)) return;
    this.#stopTimer();
    this.#request.pause();
  };

  #onEnd = (): void => {
    this.#stopTimer();
    this.push(null);
  };

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onError = (error: Error): void => {
    this.destroy(error);
  };
}

const ignore = () => undefined;
