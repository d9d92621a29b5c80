import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";

/** A way to a server that can cease to pass anything on, as a network does: connections stay open, and silent. */
export interface CuttableProxy {
  readonly port: number;
  cut(): void;
  /** Passes on again, what was held up first. */
  mend(): void;
  /**
   * What holds this text, and whatever follows it on its connection, never reaches the server, and nothing comes back.
   * Resolves when that has begun for one.
   */
  swallowFrom(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let whole = true;
  let last: { readonly text: string; readonly met: () => void } | undefined;
  const server = createServer((near) => {
    const far = createConnection(targetPort, "127.0.0.1");
    let swallowed = false;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      if (!whole) from.pause();
      from.on("data", (bytes) => {
        if (from === near && last !== undefined && bytes.includes(last.text)) {
          swallowed = true;
          last.met();
        }
        if (!swallowed) to.write(bytes);
      });
      if (!whole) from.pause();
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("127.0.0.1 gave no port");
  return {
    port: address.port,
    cut() {
      whole = false;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      whole = true;
      for (const socket of sockets) socket.resume();
    },
    swallowFrom: (text) =>
      new Promise((met) => {
        last = { text, met };
      }),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
