/** How an operation pages: the names of its members, as the client's own paginator uses them. */
export interface Paging {
  token: string;
  next: string;
  size?: string;
}

type Paginator = (config: object, input: object) => AsyncIterable<unknown>;
type ClientClass = abstract new (options: object) => object;

/** The SDK names these members only inside its paginators, so each is run for one page against a client that answers nothing. */
export async function readPaging(Client: ClientClass, exported: Record<string, unknown>): Promise<Map<string, Paging>> {
  const found = new Map<string, Paging>();
  for (const [name, value] of Object.entries(exported)) {
    if (!name.startsWith("paginate") || typeof value !== "function") continue;
    // What is exported under such a name is one of the client's paginators.
    found.set(name.slice("paginate".length), await namesOf(Client, value as Paginator));
  }
  return found;
}

async function namesOf(Client: ClientClass, paginate: Paginator): Promise<Paging> {
  let sent: Record<string, unknown> = {};
  let next = "";
  const page = new Proxy({}, { get: (_page, member) => void (member === "then" || (next = String(member))) });
  const send = async (command: { input: Record<string, unknown> }) => {
    sent = command.input;
    return page;
  };
  const client: object = Object.assign(Object.create(Client.prototype), { send });
  // Ends after one page: what it reads as the next token is undefined.
  for await (const _page of paginate({ client, pageSize: 1, startingToken: "token" }, {})) continue;
  const nameOf = (value: unknown) => Object.keys(sent).find((member) => sent[member] === value);
  const size = nameOf(1);
  return { token: nameOf("token") ?? "", next, ...(size !== undefined && { size }) };
}
