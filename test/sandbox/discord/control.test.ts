import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { openSession, request } from "./support.ts";

describe("the control interface", () => {
  let sandbox: SandboxDiscord;

  beforeEach(async () => {
    sandbox = await startSandboxDiscord();
  });

  afterEach(() => sandbox.close());

  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };

  const addPerson = async (): Promise<string> =>
    z.object({ id: z.string() }).parse((await control("POST", "/people", { displayName: "Ada" })).body).id;

  it("adds people, lets them interact with faults, and reports", async () => {
    await openSession(sandbox);
    const personId = await addPerson();
    const { status, body } = await control("POST", "/interactions", {
      input: { kind: "command", name: "any", personId },
      faults: { callbacks: [null, { delayRequestMs: 5, outcome: { kind: "reset", processed: true } }] },
    });
    expect(status).toBe(201);
    expect(await control("GET", `/interactions/${body.id}`)).toMatchObject({ body: { saw: "waiting", personId } });
    expect(await control("GET", "/interactions")).toMatchObject({ body: [{ id: body.id }] });
    expect(await control("GET", "/interactions/latest")).toMatchObject({ body: { id: body.id } });
    expect(await control("GET", "/interactions/1")).toMatchObject({ status: 404 });
  });

  it("closes direct messages and lists them", async () => {
    const personId = await addPerson();
    const { body } = await request(sandbox, "POST", "/users/@me/channels", { body: { recipient_id: personId } });
    const send = () => request(sandbox, "POST", `/channels/${body.id}/messages`, { body: { content: "hello" } });
    await send();
    expect(await control("POST", `/people/${personId}/dms`, { dms: "closed" })).toMatchObject({ status: 204 });
    expect(await send()).toMatchObject({ status: 403, body: { code: 50007 } });
    expect(await control("GET", `/people/${personId}/messages`)).toMatchObject({ body: [{ content: "hello" }] });
  });

  it("sets and clears route faults", async () => {
    const fault = { outcome: { kind: "status", status: 500, processed: false } };
    expect(await control("POST", "/faults", { method: "GET", route: "/users/@me", fault })).toMatchObject({
      status: 204,
    });
    expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 500 });
    await control("DELETE", "/faults");
    expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 200 });
    expect(await control("GET", "/requests")).toMatchObject({ body: [{ status: 500 }, { status: 200 }] });
    expect(await control("GET", "/violations")).toMatchObject({ body: [] });
  });

  it("drops the gateway and moves the clock", async () => {
    const { gateway } = await openSession(sandbox);
    await control("POST", "/gateway/drop", { code: 4000 });
    expect(await gateway.closed).toBe(4000);
    expect(await control("GET", "/gateway")).toMatchObject({ body: [{ connected: false }] });
    await control("POST", "/clock", { offsetMs: -60_000 });
    const { headers } = await request(sandbox, "GET", "/gateway");
    expect(Date.parse(headers.get("date") ?? "")).toBeLessThan(Date.now() - 50_000);
  });

  it.each([
    ["POST", "/people", { dms: "ajar" }, "dms"],
    ["POST", "/people/1/dms", { dms: "open" }, "Nobody in the sandbox has the id 1."],
    ["POST", "/interactions", { input: { kind: "dance" } }, "kind"],
    ["POST", "/interactions", { input: { kind: "command", name: "any", personId: "12345678901234567" } }, "Nobody"],
    ["POST", "/faults", { method: "GET", route: "users", fault: {} }, "route"],
    ["POST", "/faults", { method: "GET", route: "/x", fault: {}, often: 1 }, "often"],
    ["POST", "/gateway/drop", { code: 1 }, "code"],
    ["POST", "/clock", { offsetMs: "soon" }, "offsetMs"],
  ])("refuses %s %s %j and says what is wrong", async (method, path, body, message) => {
    const answer = await control(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(message);
  });
});
