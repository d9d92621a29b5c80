import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { delay, systemClock } from "../../clock.ts";

/** A way to a server on this machine that is as long as one on a network. */
export interface SlowLink {
  readonly port: number;
  /** Connections made through it so far. */
  readonly connections: number;
  close(): void;
}

export interface SlowLinkOptions {
  /** Of the server on 127.0.0.1. */
  readonly targetPort: number;
  /** Half of it is the way in each direction, ms. */
  readonly roundTripMs: number;
}

/** On a new connection nothing of the request arrives before the handshakes of TCP and of TLS 1.3, a round trip each. */
const handshakeRoundTrips = 2;

/** Opens a link whose new connections cost what they cost on a network, which the loopback alone would hide. */
export async function openSlowLink({ targetPort, roundTripMs }: SlowLinkOptions): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    const far = createConnection({ host: "127.0.0.1", port: targetPort });
    const usableAtMs = systemClock.monotonic() + handshakeRoundTrips * roundTripMs;
    carry(near, far, roundTripMs / 2, usableAtMs);
    carry(far, near, roundTripMs / 2, 0);
    for (const socket of [near, far]) sockets.add(socket.once("close", () => sockets.delete(socket)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the link has no port");
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Passes everything on in order, each piece `delayMs` after it came and none of them before `usableAtMs`. */
function carry(from: Socket, to: Socket, delayMs: number, usableAtMs: number): void {
  let last = Promise.resolve();
  const later = (task: () => void) => {
    const atMs = Math.max(systemClock.monotonic(), usableAtMs) + delayMs;
    last = last.then(() => delay(systemClock, Math.max(0, atMs - systemClock.monotonic()))).then(task);
  };
  from.setNoDelay(true);
  from.on("data", (data) => later(() => to.write(data)));
  from.on("end", () => later(() => to.end()));
  from.on("error", () => to.destroy());
  from.on("close", () => later(() => to.destroy()));
}
