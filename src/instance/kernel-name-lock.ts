import { askHolder, closeServer, codeOf, type LockHolder, listenAsHolder, type ProcessLock } from "./lock-holder.ts";

/**
 * A lock by a name that only the kernel knows: an abstract Unix socket, or a named pipe. Taking it is one atomic call, and
 * it is gone with its process.
 */
export async function lockByName(name: string, self: LockHolder): Promise<ProcessLock> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const server = await listenAsHolder(name, self);
      return { kind: "held", self, release: () => closeServer(server) };
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") throw error;
    }
    const inquiry = await askHolder(name);
    if (inquiry.kind === "alive") return inquiry.taken;
    // Whoever held it has ended between the two calls, so it may be free now; to lose so often in a row is to be one of many.
    if (attempt === maxAttempts) return { kind: "taken" };
  }
}

const maxAttempts = 5;
