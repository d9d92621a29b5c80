import { PassThrough } from "node:stream";
import { DiscordAPIError, HTTPError } from "@discordjs/rest";
import { AxiosError, AxiosHeaders } from "axios";
import { describe, expect, it } from "vitest";
import { createLogger } from "../src/logging.ts";

const interactionToken = `${Buffer.from("interaction:1").toString("base64")}Xk3-aZ_9`;
const botToken = ["MTIzNDU2Nzg5MDEyMzQ1Njc4", "GaBcDe", "abcdefghijklmnopqrstuvwxyz0123456789AB"].join(".");
const apiKey = "the-backend-key-of-the-operator";

/** What is printed for `fields`, in both formats together. */
function printed(message: string, fields?: Record<string, unknown>): string {
  return (["json", "text"] as const)
    .map((format) => {
      const stream = new PassThrough();
      createLogger({ level: "debug", format, secrets: [apiKey], stream }).warn(message, fields);
      return String(stream.read());
    })
    .join("");
}

describe("the log", () => {
  it("writes a line of JSON for machines and a readable one for people", () => {
    const [json = "", text = ""] = printed("bot started", { pid: 7, nested: { a: 1 } })
      .trim()
      .split("\n");
    expect(JSON.parse(json)).toMatchObject({ level: "warn", message: "bot started", pid: 7, nested: { a: 1 } });
    expect(text).toMatch(/WARN {2}bot started pid=7 nested=\{"a":1\}$/);
  });

  it("hides an interaction's token in the URL of a Discord error, and the body it carries", () => {
    const url = `https://discord.com/api/v10/webhooks/123/${interactionToken}/messages/@original`;
    const data = { body: { content: "a private text" }, files: undefined };
    const errors = [
      new DiscordAPIError({ code: 10062, message: "Unknown interaction" }, 10062, 404, "PATCH", url, data),
      new HTTPError(503, "Service Unavailable", "POST", url, data),
    ];
    const text = printed(`failed at ${url}`, { errors, url });
    expect(text).toContain("10062");
    expect(text).not.toContain(interactionToken);
    expect(text).not.toContain("a private text");
  });

  it("hides the headers and the body of a backend error", () => {
    const headers = new AxiosHeaders({ Authorization: `Bearer ${apiKey}`, "x-api-key": apiKey });
    const error = new AxiosError("Request failed", "ERR_BAD_RESPONSE", { headers, data: `{"k":"${apiKey}"}` });
    expect(printed("backend", { error })).not.toContain(apiKey);
  });

  it("hides tokens and keys wherever they stand in a text or a key", () => {
    const text = printed(`using ${botToken} and ${apiKey}`, {
      [apiKey]: 1,
      header: `Bot ${botToken}`,
      cause: new Error(`connect redis://user:${"p4ssw0rd-x"}@host failed with ${interactionToken}`),
    });
    for (const secret of [botToken, apiKey, "p4ssw0rd-x", interactionToken]) expect(text).not.toContain(secret);
  });

  it("keeps what is needed to find a fault: name, message, code and stack", () => {
    const error = Object.assign(new TypeError("no such thing"), { code: "E_THING" });
    expect(printed("failed", { error })).toMatch(/TypeError[\s\S]*no such thing[\s\S]*E_THING[\s\S]*logging\.test\.ts/);
  });

  it("ends at objects that contain themselves", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(printed("circle", { circle })).toContain("[deeper]");
  });
});
