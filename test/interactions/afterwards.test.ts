import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Client } from "discord.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { protect } from "../../src/interactions/index.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";

const sent = z.object({ request: z.object({ path: z.string() }) });

describe("what has time until later", () => {
  it("is done when the acknowledgement has left, also on a socket that was used before", async () => {
    const discord = await startSandboxDiscord();
    const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
    const order: string[] = [];
    const layer = protect(client, {
      commands: [
        {
          definition: { name: "hello", description: "Says hello" },
          visibility: "public",
          execute: async () => ({ content: "hello" }),
        },
      ],
      onEvent: ({ kind }) => order.push(kind),
    });
    const onSent = (message: unknown) => {
      if (sent.parse(message).request.path.endsWith("/callback")) order.push("sent");
    };
    subscribe("undici:client:sendHeaders", onSent);
    const ready = new Promise((resolve) => client.once("clientReady", resolve));
    await client.login(discord.botToken);
    await ready;
    const personId = discord.addPerson().id;
    const use = async () => {
      const seen = discord.interact({ kind: "command", name: "hello", personId });
      await seen.answered();
      while (layer.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    };

    // The first one leaves a socket open that the second one is sent on.
    await use();
    order.length = 0;
    await use();
    expect(order).toEqual(["sent", "interactionArrived", "acknowledged", "interactionFinished"]);

    unsubscribe("undici:client:sendHeaders", onSent);
    await client.destroy();
    await layer.drain(2000);
    await discord.close();
  });
});
