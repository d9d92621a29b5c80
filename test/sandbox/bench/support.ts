import type { InteractionReport, SandboxMessage } from "../../../src/sandbox/discord/api.ts";

/** A report of an interaction that was acknowledged after 40 ms and answered after 90, where nothing else is said. */
export const reportThat = (differs: Partial<InteractionReport> = {}): InteractionReport => ({
  id: "1",
  kind: "command",
  name: "signal",
  personId: "2",
  saw: "answered",
  thinkingForEver: false,
  createdAt: 0,
  deliveries: [{ atMs: 10, sessionId: "session", replayed: false }],
  attempts: [
    { request: "callback", atMs: 35, status: 204, processed: true },
    { request: "edit", atMs: 85, status: 200, processed: true },
  ],
  acknowledgedAtMs: 40,
  answeredAtMs: 90,
  answersShown: 1,
  visible: [message()],
  ...differs,
});

export const message = (differs: Partial<SandboxMessage> = {}): SandboxMessage => ({
  id: "3",
  channelId: "4",
  content: "EUR/USD: buy",
  embeds: [],
  components: [],
  ephemeral: false,
  createdAt: 0,
  pings: [],
  ...differs,
});
