import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { SandboxMessage } from "../../../src/sandbox/discord/api.ts";
import type { ApiResult } from "../../../src/sandbox/discord/api-result.ts";
import { DirectMessages } from "../../../src/sandbox/discord/direct-messages.ts";
import { nonceWindowMs } from "../../../src/sandbox/discord/nonce-memory.ts";
import { SnowflakeSource } from "../../../src/sandbox/discord/snowflake.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const bot = { id: "77", username: "signalguard", discriminator: "0", global_name: null, avatar: null, bot: true };
const ada = { id: "1", username: "ada", displayName: "Ada", locale: "en-GB", dms: "open" } as const;
const bob = { ...ada, id: "2", username: "bob", displayName: "Bob" };

const idOf = ({ body }: ApiResult) => z.object({ id: z.string() }).parse(body).id;
const codeOf = ({ status, body }: ApiResult) => [status, z.object({ code: z.number() }).parse(body).code];

let clock: VirtualClock;
let directMessages: DirectMessages;
let channel: string;

beforeEach(() => {
  clock = new VirtualClock();
  const now = () => clock.now();
  directMessages = new DirectMessages({ snowflakes: new SnowflakeSource(now), now, bot });
  directMessages.addPerson(ada);
  directMessages.addPerson(bob);
  channel = idOf(directMessages.openChannel(ada.id));
});

describe("opening a channel", () => {
  it("gives the same channel every time [discord-facts.md 4.1]", () => {
    expect(directMessages.openChannel(ada.id)).toEqual(directMessages.openChannel(ada.id));
    expect(idOf(directMessages.openChannel(ada.id))).toBe(channel);
    expect(idOf(directMessages.openChannel(bob.id))).not.toBe(channel);
  });

  it("answers 10013 for somebody who does not exist [discord-facts.md 4.1]", () => {
    expect(codeOf(directMessages.openChannel("3"))).toEqual([404, 10013]);
  });

  it("works although the person takes no messages; only sending does not [discord-facts.md 4.1]", () => {
    directMessages.setDms(bob.id, "closed");
    const opened = directMessages.openChannel(bob.id);
    expect(opened.status).toBe(200);
    expect(codeOf(directMessages.send(idOf(opened), { content: "x" }))).toEqual([403, 50007]);
  });

  it("shows who it is with and the last message in it", () => {
    const { body } = directMessages.openChannel(ada.id);
    expect(body).toMatchObject({ type: 1, last_message_id: null, recipients: [{ id: ada.id, username: "ada" }] });
    const message = idOf(directMessages.send(channel, { content: "x" }));
    expect(directMessages.getChannel(channel).body).toMatchObject({ last_message_id: message });
  });
});

describe("sending", () => {
  it("reaches the person, and whoever listens", () => {
    const heard: (readonly [string, SandboxMessage])[] = [];
    const stop = directMessages.onMessage((personId, message) => heard.push([personId, message]));
    const id = idOf(directMessages.send(channel, { content: "hello" }));
    stop();
    directMessages.send(channel, { content: "again" });
    expect(heard).toEqual([[ada.id, expect.objectContaining({ id, content: "hello", createdAt: clock.now() })]]);
    expect(directMessages.messages(ada.id).map(({ content }) => content)).toEqual(["hello", "again"]);
    expect(directMessages.messages(bob.id)).toEqual([]);
  });

  it("answers 50007 while the person's direct messages are closed, and not after [discord-facts.md 4.1]", () => {
    directMessages.setDms(ada.id, "closed");
    expect(codeOf(directMessages.send(channel, { content: "x" }))).toEqual([403, 50007]);
    directMessages.setDms(ada.id, "open");
    expect(directMessages.send(channel, { content: "x" }).status).toBe(200);
    expect(directMessages.messages(ada.id)).toHaveLength(1);
  });

  it("answers 10003 for a channel that does not exist [discord-facts.md 4.1]", () => {
    expect(codeOf(directMessages.send("3", { content: "x" }))).toEqual([404, 10003]);
    expect(codeOf(directMessages.getChannel("3"))).toEqual([404, 10003]);
  });

  it("is refused with the reasons when Discord would refuse the body [discord-facts.md 5]", () => {
    const result = directMessages.send(channel, { content: "x".repeat(2001) });
    expect(codeOf(result)).toEqual([400, 50035]);
    expect(result.violations).toEqual(["content: at most 2000 characters"]);
    expect(directMessages.messages(ada.id)).toEqual([]);
  });

  it("needs no text when a file comes with it", () => {
    const file = { index: 0, name: "chart.png", sizeBytes: 3 };
    expect(directMessages.send(channel, {}, [file]).status).toBe(200);
    expect(directMessages.send(channel, {}).status).toBe(400);
  });
});

describe("a nonce", () => {
  const send = (nonce: string | number, to = channel) =>
    directMessages.send(to, { content: "signal", nonce, enforce_nonce: true });

  it("makes a repeated send return the earlier message and create nothing [discord-facts.md 4.3]", () => {
    const first = send("n1");
    expect(send("n1")).toEqual(first);
    expect(directMessages.messages(ada.id)).toHaveLength(1);
    expect(idOf(send("n2"))).not.toBe(idOf(first));
  });

  it("returns the earlier message even if the new body differs [discord-facts.md 4.3]", () => {
    send("n1");
    const repeated = directMessages.send(channel, { content: "other", nonce: "n1", enforce_nonce: true });
    expect(repeated.body).toMatchObject({ content: "signal" });
  });

  it("tells no listener of a repeated send", () => {
    let heard = 0;
    directMessages.onMessage(() => {
      heard += 1;
    });
    send("n1");
    send("n1");
    expect(heard).toBe(1);
  });

  it("holds for the author, not for the channel [discord-facts.md 4.3]", () => {
    const toAda = send("n1");
    expect(idOf(send("n1", idOf(directMessages.openChannel(bob.id))))).toBe(idOf(toAda));
    expect(directMessages.messages(bob.id)).toEqual([]);
  });

  it("means nothing unless it is enforced [discord-facts.md 4.3]", () => {
    directMessages.send(channel, { content: "a", nonce: "n1" });
    directMessages.send(channel, { content: "b", nonce: "n1", enforce_nonce: false });
    expect(directMessages.messages(ada.id)).toHaveLength(2);
  });

  it("answers 10008 when the earlier message was deleted, on purpose [discord-facts.md 4.3]", () => {
    directMessages.remove(channel, idOf(send("n1")));
    expect(codeOf(send("n1"))).toEqual([404, 10008]);
    expect(directMessages.messages(ada.id)).toEqual([]);
  });

  it("is forgotten after some minutes [discord-facts.md 4.3]", async () => {
    send("n1");
    await clock.advance(nonceWindowMs - 1);
    expect(idOf(send("n1"))).toBe(directMessages.messages(ada.id)[0]?.id);
    await clock.advance(1);
    send("n1");
    expect(directMessages.messages(ada.id)).toHaveLength(2);
  });

  it("is forgotten in time although another one was used again since", async () => {
    directMessages.send(channel, { content: "first", nonce: "n1" });
    send("n2");
    await clock.advance(nonceWindowMs - 1);
    directMessages.send(channel, { content: "first again", nonce: "n1" });
    await clock.advance(1);
    send("n2");
    expect(directMessages.messages(ada.id)).toHaveLength(4);
  });

  it("may be a number, and comes back as it was sent", () => {
    const first = send(42);
    expect(first.body).toMatchObject({ nonce: 42 });
    expect(send(42)).toEqual(first);
    expect(directMessages.messages(ada.id)[0]?.nonce).toBe("42");
  });
});

describe("a message that was sent", () => {
  it("can be read, changed and deleted", () => {
    const id = idOf(directMessages.send(channel, { content: "hello", embeds: [{ title: "t" }] }));
    expect(directMessages.edit(channel, id, { content: "changed" }).body).toMatchObject({
      id,
      content: "changed",
      embeds: [{ title: "t" }],
      edited_timestamp: new Date(clock.now()).toISOString(),
    });
    expect(directMessages.get(channel, id).body).toMatchObject({ content: "changed" });
    expect(directMessages.remove(channel, id)).toEqual({ status: 204 });
    expect(directMessages.messages(ada.id)).toEqual([]);
  });

  it("is refused a change that Discord would refuse [discord-facts.md 5]", () => {
    const id = idOf(directMessages.send(channel, { content: "hello" }));
    const result = directMessages.edit(channel, id, { content: "x".repeat(2001) });
    expect(codeOf(result)).toEqual([400, 50035]);
    expect(directMessages.get(channel, id).body).toMatchObject({ content: "hello" });
  });

  it("keeps to components V2 once it has them [discord-facts.md 5]", () => {
    const components = [{ type: 10, content: "hello" }];
    const id = idOf(directMessages.send(channel, { flags: 1 << 15, components }));
    expect(directMessages.edit(channel, id, { components: [...components, ...components] }).status).toBe(200);
    expect(directMessages.edit(channel, id, { content: "plain" }).violations).toEqual([
      "content: not together with components V2",
    ]);
  });

  it("answers 10008 when it is not there, 10003 when the channel is not [discord-facts.md 1.4, 4.1]", () => {
    const id = idOf(directMessages.send(channel, { content: "hello" }));
    for (const verb of ["get", "remove"] as const) {
      expect(codeOf(directMessages[verb](channel, "1"))).toEqual([404, 10008]);
      expect(codeOf(directMessages[verb]("1", id))).toEqual([404, 10003]);
    }
    expect(codeOf(directMessages.edit(channel, "1", {}))).toEqual([404, 10008]);
    expect(codeOf(directMessages.edit("1", id, {}))).toEqual([404, 10003]);
  });
});

describe("the messages of a channel [message resource, Get Channel Messages]", () => {
  const all = { limit: 50, before: undefined, after: undefined };
  const idsOf = ({ body }: ApiResult) =>
    z
      .array(z.object({ id: z.string() }))
      .parse(body)
      .map(({ id }) => id);
  const sendMany = (count: number) =>
    Array.from({ length: count }, (_, index) => idOf(directMessages.send(channel, { content: `${index}` })));

  it("come newest first, as many as are asked for, both people's", () => {
    const [first = "", second = ""] = sendMany(2);
    const { id } = directMessages.write(ada.id, "hello, bot");
    expect(idsOf(directMessages.list(channel, all))).toEqual([id, second, first]);
    expect(idsOf(directMessages.list(channel, { ...all, limit: 2 }))).toEqual([id, second]);
  });

  it("are those before or after another one; after it, those next to it", () => {
    const [first = "", second = "", third = "", fourth = ""] = sendMany(4);
    expect(idsOf(directMessages.list(channel, { ...all, before: third }))).toEqual([second, first]);
    expect(idsOf(directMessages.list(channel, { ...all, after: first, limit: 2 }))).toEqual([third, second]);
    expect(idsOf(directMessages.list(channel, { ...all, after: fourth }))).toEqual([]);
  });

  it("do not tell with which nonce they were sent, and do tell what stands in them", () => {
    const components = [{ type: 1, components: [{ type: 2, style: 2, label: "Mute", custom_id: "mute:key:1" }] }];
    directMessages.send(channel, { content: "x", components, nonce: "n1", enforce_nonce: true });
    const [message] = z.array(z.looseObject({})).parse(directMessages.list(channel, all).body);
    expect(message?.nonce).toBeUndefined();
    expect(message).toMatchObject({ content: "x", components: [{ components: [{ custom_id: "mute:key:1" }] }] });
  });

  it("are not there for a channel that does not exist [discord-facts.md 4.1]", () => {
    expect(codeOf(directMessages.list("3", all))).toEqual([404, 10003]);
  });
});

describe("a message that the person wrote", () => {
  it("is none that they received", () => {
    directMessages.write(ada.id, "hello, bot");
    expect(directMessages.messages(ada.id)).toEqual([]);
  });

  it("is not the bot's to change or to delete [opcodes and status codes, 50005 and 50003]", () => {
    const { id } = directMessages.write(ada.id, "hello, bot");
    expect(codeOf(directMessages.edit(channel, id, { content: "goodbye" }))).toEqual([403, 50005]);
    expect(codeOf(directMessages.remove(channel, id))).toEqual([403, 50003]);
    expect(directMessages.get(channel, id).body).toMatchObject({ content: "hello, bot" });
  });
});

it("does not open or close the messages of somebody who does not exist", () => {
  expect(() => directMessages.setDms("3", "closed")).toThrow(RangeError);
  expect(() => directMessages.channelIdOf("3")).toThrow(RangeError);
});
