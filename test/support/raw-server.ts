import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface RawServer {
  /** The value of `DISCORD_API_URL`. */
  readonly apiUrl: string;
  readonly server: Server;
  /** Every connection made so far. */
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

/** A server that answers as `handle` says: for what the sandbox Discord has no fault for. */
export async function startRawServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => handle(request, response));
  });
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("127.0.0.1 gave no port");
  return {
    apiUrl: `http://127.0.0.1:${address.port}/api`,
    server,
    sockets,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Headers and the beginning of a body; the rest never comes. */
export function stall(response: ServerResponse, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"id":"1"');
}

/** A whole answer in JSON. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
