import type { FastifyInstance } from "fastify";
import { type BackendContext, successA, successB, timestampOf } from "./envelopes.ts";

/** Liveness only: both stay 200 with the database down (`backend-contract.md` 2.1). */
export function addHealthRoutes(server: FastifyInstance, { clock, mode }: BackendContext): void {
  server.get("/api/v1/health", () =>
    successA(clock, { status: "healthy", timestamp: timestampOf(clock), environment: mode, version: "1.0.0" }),
  );
  server.get("/api/v1/discord/health", () =>
    successB(clock, { status: "healthy", service: "discord-api", timestamp: timestampOf(clock) }),
  );
}
