import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

interface Flash {
  id: number;
  kind: "success" | "error";
  text: string;
}

const Context = createContext<(kind: Flash["kind"], text: string) => void>(() => {});

/** Reports the result of an action above every view. */
export const useFlash = () => useContext(Context);

export function Flashes({ children }: { children: ReactNode }) {
  const [flashes, setFlashes] = useState<readonly Flash[]>([]);
  const add = useCallback((kind: Flash["kind"], text: string) => {
    // The newest result replaces earlier successes, which would pile up over the page. Errors stay until they are dismissed.
    setFlashes((all) => [...all.filter((flash) => flash.kind === "error").slice(-3), { id: Date.now(), kind, text }]);
  }, []);
  const remove = (id: number) => setFlashes((all) => all.filter((flash) => flash.id !== id));
  return (
    <Context value={add}>
      {children}
      <div className="flashes" aria-live="polite">
        {flashes.map(({ id, kind, text }) => (
          <div key={id} className={`flash ${kind}`} role={kind === "error" ? "alert" : "status"}>
            <span>{text}</span>
            <button type="button" aria-label="Dismiss" onClick={() => remove(id)}>
              ×
            </button>
          </div>
        ))}
      </div>
    </Context>
  );
}
