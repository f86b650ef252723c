import type { MiddlewareStack } from "@smithy/types";

type Answers = Readonly<Record<string, (input: never) => object>>;

interface Client<Input extends object, Output extends object> {
  readonly middlewareStack: Pick<MiddlewareStack<Input, Output>, "add">;
}

/** An AWS client with responses defined by the test: for what a step decides, not for how AWS behaves. */
export function scripted<C extends Client<Input, Output>, Input extends object, Output extends object>(
  Client: new (config: { region: string }) => C & Client<Input, Output>,
  answers: Answers,
): C {
  const client = new Client({ region: "eu-west-1" });
  client.middlewareStack.add(
    (_next, { commandName = "" }) =>
      ({ input }) => {
        const answer = answers[commandName.replace(/Command$/, "")];
        if (!answer) throw new Error(`${commandName} was not expected`);
        // The test says what AWS answers; its shape is the test's own matter.
        const output = { $metadata: {}, ...answer(input as never) };
        return Promise.resolve({ output: output as never, response: undefined });
      },
    { step: "initialize" },
  );
  return client;
}

export function awsError(name: string): Error {
  return Object.assign(new Error(`${name} of AWS`), { name, $fault: "client", $metadata: { httpStatusCode: 400 } });
}
