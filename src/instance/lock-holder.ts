import { createConnection, createServer, type Server } from "node:net";
import { z } from "zod";

/** Who holds a lock, as it says itself. */
export interface LockHolder {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly version: string;
}

export type ProcessLock =
  /** `self` is what the others are told. */
  | { readonly kind: "held"; readonly self: LockHolder; release(): Promise<void> }
  /** `holder` is absent when the other process did not say who it is, because it hangs or is just ending. */
  | { readonly kind: "taken"; readonly holder?: LockHolder };

/** What connecting to a lock's socket showed. */
export type Inquiry =
  | { readonly kind: "alive"; readonly taken: ProcessLock & { kind: "taken" } }
  /** Nobody listens. On a socket that has ever been listened on, nobody ever will again. */
  | { readonly kind: "dead" };

/**
 * Listens on a socket and answers each connection with one JSON line about the holder. Rejects with the system's error
 * when the address is in use or cannot be used.
 */
export function listenAsHolder(address: string, holder: LockHolder): Promise<Server> {
  const line = `${JSON.stringify(holder)}\n`;
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.unref();
    socket.end(line, () => socket.destroy());
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: address, exclusive: true }, () => {
      server.off("error", reject);
      // Failing to accept (too many open files) leaves the lock held, which is what matters.
      server.on("error", () => {});
      resolve(server);
    });
  });
}

/** Asks who listens. Only a clear "nobody" counts as dead: a holder that hangs, or refuses us, is alive. */
export function askHolder(address: string): Promise<Inquiry> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    let text = "";
    const conclude = (inquiry: Inquiry) => {
      socket.destroy();
      resolve(inquiry);
    };
    const alive = () => conclude({ kind: "alive", taken: { kind: "taken", ...parseHolder(text) } });
    socket.setEncoding("utf8");
    socket.setTimeout(answerTimeoutMs, alive);
    socket.on("error", (error) => (nobodyListens(error) ? conclude({ kind: "dead" }) : alive()));
    socket.on("end", alive);
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n") || text.length > maxLineLength) alive();
    });
  });
}

/** Ends the listening, and with it the lock. */
export const closeServer = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

const answerTimeoutMs = 1_000;
const maxLineLength = 1_024;

const nobodyListens = (error: unknown): boolean => ["ECONNREFUSED", "ENOENT"].includes(codeOf(error) ?? "");

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

export const lockHolderSchema = z.object({
  pid: z.int().positive(),
  startedAt: z.string(),
  version: z.string(),
});

function parseHolder(text: string): { readonly holder?: LockHolder } {
  try {
    return { holder: lockHolderSchema.parse(JSON.parse(text)) };
  } catch {
    return {};
  }
}
