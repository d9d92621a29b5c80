import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { applicationCheck } from "../../src/doctor/checks/application.ts";
import { token } from "../../src/doctor/checks/token.ts";
import { examine } from "../../src/doctor/doctor.ts";
import type { Check } from "../../src/doctor/finding.ts";
import { answer, startRawServer } from "../support/raw-server.ts";

const id = "123456789012345678";

/** What a check says of a Discord that answers everything with this. */
async function examined(check: Check, body: unknown) {
  const discord = await startRawServer((_request, response) => answer(response, 200, body));
  const env = { DISCORD_API_URL: discord.apiUrl, DISCORD_BOT_TOKEN: "a-token", DISCORD_CLIENT_ID: id };
  const diagnosis = await examine(env, systemClock, [check]);
  await discord.close();
  return diagnosis.findings[0];
}

describe("the doctor", () => {
  it("finds an interactions endpoint that takes every interaction away from the gateway", async () => {
    const application = { id, name: "signals", interactions_endpoint_url: "https://elsewhere.example/interactions" };
    expect(await examined(applicationCheck, application)).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("none to the gateway"),
    });
    expect(await examined(applicationCheck, { ...application, interactions_endpoint_url: null })).toMatchObject({
      verdict: "ok",
    });
  });

  it("finds that what answers is not Discord", async () => {
    expect(await examined(token, { welcome: "to the router's page" })).toMatchObject({
      verdict: "fail",
      says: "what answers at DISCORD_API_URL is not Discord",
    });
  });
});
