/** Shown instead of the page when the browser has no session. */
export function SessionProblem({ message }: { message: string }) {
  return (
    <main className="alone">
      <h1>Lockstep</h1>
      <p role="alert">{message}</p>
      <p>
        <code>lockstep console</code> opens the console with a new address.
      </p>
    </main>
  );
}
