import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import * as z from "zod";
import type { SandboxDiscord } from "./api.ts";
import { clockBody, dmsBody, dropBody, interactionBody, personBody, routeFaultBody } from "./control-schemas.ts";

/** The control interface: what `SandboxDiscord` offers to code, offered over HTTP under `/sandbox`. */
export const controlRoutes =
  (sandbox: SandboxDiscord): FastifyPluginAsync =>
  async (server: FastifyInstance) => {
    server.addContentTypeParser(
      "application/json",
      { parseAs: "string" },
      server.getDefaultJsonParser("error", "error"),
    );
    server.setErrorHandler((error, _request, reply) => {
      // What a person could not do, or a body that is not JSON: the caller's mistake, said in the message.
      const message = error instanceof Error ? error.message : String(error);
      return reply.status(400).send({ error: message });
    });

    server.post("/people", async (request, reply) =>
      reply.status(201).send(sandbox.addPerson(read(personBody, request.body))),
    );
    server.post<{ Params: { id: string } }>("/people/:id/dms", async (request, reply) => {
      sandbox.setDms(request.params.id, read(dmsBody, request.body).dms);
      return reply.status(204).send();
    });
    server.get<{ Params: { id: string } }>("/people/:id/messages", async (request) =>
      sandbox.directMessages(request.params.id),
    );

    server.post("/interactions", async (request, reply) => {
      const { input, faults } = read(interactionBody, request.body);
      return reply.status(201).send({ id: sandbox.interact(input, faults).id });
    });
    server.get("/interactions", async () => sandbox.reports());
    server.get("/interactions/latest", async (_request, reply) =>
      orNotFound(reply, () => sandbox.reports().at(-1) ?? nothingYet()),
    );
    server.get<{ Params: { id: string } }>("/interactions/:id", async (request, reply) =>
      orNotFound(reply, () => sandbox.report(request.params.id)),
    );

    server.post("/faults", async (request, reply) => {
      sandbox.addRouteFault(read(routeFaultBody, request.body));
      return reply.status(204).send();
    });
    server.delete("/faults", async (_request, reply) => {
      sandbox.clearFaults();
      return reply.status(204).send();
    });
    server.post("/gateway/drop", async (request, reply) => {
      sandbox.dropGateway(read(dropBody, request.body ?? {}));
      return reply.status(204).send();
    });
    server.get("/gateway", async () => sandbox.sessions);
    server.post("/clock", async (request, reply) => {
      sandbox.setClockOffset(read(clockBody, request.body).offsetMs);
      return reply.status(204).send();
    });
    server.get("/commands", async () => sandbox.commands());
    server.get("/requests", async () => sandbox.requests);
    server.get("/violations", async () => sandbox.violations);
  };

const read = <Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> => {
  const result = schema.safeParse(body);
  if (!result.success) throw new RangeError(z.prettifyError(result.error));
  return result.data;
};

const nothingYet = (): never => {
  throw new RangeError("Nobody has used anything yet");
};

const orNotFound = (reply: FastifyReply, look: () => unknown): unknown => {
  try {
    return look();
  } catch (error) {
    return reply.status(404).send({ error: error instanceof Error ? error.message : String(error) });
  }
};
