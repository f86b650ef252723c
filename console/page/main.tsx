import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { openSession, RequestFailed } from "./session.ts";
import { SessionProblem } from "./views/session-problem.tsx";
import "./style/tokens.css";
import "./style/page.css";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY, // the stream reports changes
      retry: (count, error) => count < 2 && !(error instanceof RequestFailed && error.status >= 400),
    },
  },
});

const element = document.querySelector("#page");
if (!element) throw new Error("The page has no element #page");
const root = createRoot(element);
try {
  await openSession();
  root.render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
} catch (error) {
  root.render(<SessionProblem message={error instanceof Error ? error.message : String(error)} />);
}
