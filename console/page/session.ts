const keyName = "lockstep-key";

/** The server refused a request, or could not be reached. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Exchanges the token in the address, which works once, for the session of this browser. */
export async function openSession(): Promise<void> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(null, "", location.pathname + location.search);
  const { key } = (await post("/session", { token })) as { key: string }; // the server's own answer
  localStorage.setItem(keyName, key);
}

const headers = (): Record<string, string> => ({ "x-lockstep-key": localStorage.getItem(keyName) ?? "" });

export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return (await read(await request(path, { headers: headers(), signal: signal ?? null }))) as Answer; // typed by the server's query
}

export async function post(path: string, body: unknown): Promise<unknown> {
  const init = {
    method: "POST",
    headers: { ...headers(), "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  return read(await request(path, init));
}

export function openStream(path: string, signal: AbortSignal): Promise<Response> {
  return request(path, { headers: headers(), signal });
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new RequestFailed(0, "The console does not respond. Run: lockstep console");
  }
}

async function read(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => ({}))) as { message?: string };
  if (response.ok) return body;
  throw new RequestFailed(response.status, body.message ?? `The request failed with status ${response.status}.`);
}
