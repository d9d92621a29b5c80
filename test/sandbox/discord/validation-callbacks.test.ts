import { describe, expect, it } from "vitest";
import { type CallbackInteractionKind, validateCallback } from "../../../src/sandbox/discord/validation.ts";

const kinds: readonly CallbackInteractionKind[] = ["command", "autocomplete", "button", "select", "modal"];
const textInput = (customId: string) => ({ type: 4, custom_id: customId, style: 1 });
const label = (customId: string) => ({ type: 18, label: "Notes", component: textInput(customId) });

const answers = {
  1: { type: 1 },
  4: { type: 4, data: { content: "x" } },
  5: { type: 5, data: { flags: 64 } },
  6: { type: 6 },
  7: { type: 7, data: { content: "x" } },
  8: { type: 8, data: { choices: [{ name: "a", value: "a" }] } },
  9: { type: 9, data: { custom_id: "m", title: "Title", components: [label("a")] } },
  10: { type: 10 },
} as const;

const allowed: Readonly<Record<CallbackInteractionKind, readonly number[]>> = {
  command: [4, 5, 9],
  autocomplete: [8],
  button: [4, 5, 6, 7, 9],
  select: [4, 5, 6, 7, 9],
  modal: [4, 5, 6, 7],
};

describe.each(kinds)("the answer to a %s", (kind) => {
  it.each(Object.values(answers))(
    "takes callback type $type only where Discord does [discord-facts.md 1.2]",
    (body) => {
      expect(validateCallback(body, kind).length === 0).toBe(allowed[kind].includes(body.type));
    },
  );

  it("is refused when it is no callback at all, without an exception", () => {
    for (const body of [undefined, null, "x", {}, { type: "4" }, { type: 99 }]) {
      expect(validateCallback(body, kind)).toHaveLength(1);
    }
  });
});

describe("a callback", () => {
  it("does not update a message when the modal was not opened from one [discord-facts.md 1.2]", () => {
    expect(validateCallback(answers[7], "modal", { fromComponent: true })).toEqual([]);
    expect(validateCallback(answers[7], "modal", { fromComponent: false })).toHaveLength(1);
    expect(validateCallback(answers[6], "modal", { fromComponent: false })).toHaveLength(1);
    expect(validateCallback(answers[4], "modal", { fromComponent: false })).toEqual([]);
  });

  it("has no keys that Discord does not know [discord-facts.md 7]", () => {
    expect(validateCallback({ ...answers[4], ephemeral: true }, "command")).toEqual(["ephemeral: unknown key"]);
    expect(validateCallback({ type: 4, data: { content: "x", ephemeral: true } }, "command")).toEqual([
      "data.ephemeral: unknown key",
    ]);
  });

  it("replies with a message that is not empty, files counted [discord-facts.md 5]", () => {
    expect(validateCallback({ type: 4, data: {} }, "command")).toHaveLength(1);
    expect(validateCallback({ type: 4 }, "command")).toHaveLength(1);
    expect(validateCallback({ type: 4, data: {} }, "command", { hasFiles: true })).toEqual([]);
  });

  it.each([4, 7])("holds the message of type %i to the rules of any message [discord-facts.md 5]", (type) => {
    const embeds = [{ description: "d".repeat(4000) }, { description: "d".repeat(2001) }];
    expect(validateCallback({ type, data: { embeds } }, "button")).toEqual([
      "data.embeds: at most 6000 characters in all embeds of a message",
    ]);
    expect(validateCallback({ type, data: { content: "x".repeat(2001) } }, "button")).toEqual([
      "data.content: at most 2000 characters",
    ]);
  });

  it("updates a message of components V2 without saying so again [discord-facts.md 5]", () => {
    const body = { type: 7, data: { components: [{ type: 10, content: "text" }] } };
    expect(validateCallback(body, "button", { messageFlags: 1 << 15 })).toEqual([]);
    expect(validateCallback(body, "button")).toHaveLength(1);
  });
});

describe("a defer", () => {
  it.each([undefined, 0, 64])("takes flags %s", (flags) => {
    expect(validateCallback({ type: 5, data: { flags } }, "command")).toEqual([]);
  });

  it.each([1 << 2, 1 << 12, 1 << 15, 64 | (1 << 15)])(
    "takes no flag but EPHEMERAL: %i [discord-facts.md 1.2, 1.3]",
    (flags) => {
      expect(validateCallback({ type: 5, data: { flags } }, "command")).toEqual([
        "data.flags: a defer takes no flag but EPHEMERAL",
      ]);
    },
  );
});

describe("autocomplete choices", () => {
  const choices = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `pair ${n}`, value: `${n}` }));

  it("are 25 at most, and may be none [discord-facts.md 1.1]", () => {
    expect(validateCallback({ type: 8, data: { choices: choices(25) } }, "autocomplete")).toEqual([]);
    expect(validateCallback({ type: 8, data: { choices: [] } }, "autocomplete")).toEqual([]);
    expect(validateCallback({ type: 8, data: { choices: choices(26) } }, "autocomplete")).toEqual([
      "data.choices: at most 25 elements",
    ]);
  });

  it("have names and values of at most 100 characters [discord-facts.md 5]", () => {
    const withChoice = (choice: unknown) => validateCallback({ type: 8, data: { choices: [choice] } }, "autocomplete");
    expect(withChoice({ name: "n".repeat(101), value: "v" })).toEqual(["data.choices.0.name: at most 100 characters"]);
    expect(withChoice({ name: "n", value: "v".repeat(101) })).toEqual(["data.choices.0.value: at most 100 characters"]);
    expect(withChoice({ name: "n", value: 3 })).toEqual([]);
    expect(withChoice({ name: "n", value: "v", description: "d" })).toEqual([
      "data.choices.0.description: unknown key",
    ]);
  });

  it("are told apart by what is wrong with them, text or number", () => {
    const choices = [{ name: "a", value: "x" }, { name: "b" }];
    expect(validateCallback({ type: 8, data: { choices } }, "autocomplete")).toEqual([
      "data.choices.1.value: must be string",
    ]);
  });

  it("are not left out", () => {
    expect(validateCallback({ type: 8 }, "autocomplete")).toEqual(["data: required"]);
  });
});

describe("a modal", () => {
  const modal = (overrides: object) =>
    validateCallback(
      { type: 9, data: { custom_id: "m", title: "Title", components: [label("a")], ...overrides } },
      "button",
    );

  it("has a title of at most 45 characters [discord-facts.md 5]", () => {
    expect(modal({ title: "t".repeat(45) })).toEqual([]);
    expect(modal({ title: "t".repeat(46) })).toEqual(["data.title: at most 45 characters"]);
  });

  it("has one to five components [discord-facts.md 5]", () => {
    expect(modal({ components: ["a", "b", "c", "d", "e"].map(label) })).toEqual([]);
    expect(modal({ components: ["a", "b", "c", "d", "e", "f"].map(label) })).toEqual([
      "data.components: at most 5 elements",
    ]);
    expect(modal({ components: [] })).toEqual(["data.components: at least 1 elements"]);
  });

  it("uses a custom_id once [discord-facts.md 5]", () => {
    expect(modal({ components: [label("a"), label("a")] })).toEqual([
      "data.components.1.component.custom_id: used by another component",
    ]);
  });

  it("has one text input in a row", () => {
    const row = { type: 1, components: [textInput("a"), textInput("b")].map((input) => ({ ...input, label: "L" })) };
    expect(modal({ components: [row] })).toEqual([
      "data.components.0.components: a row of a modal holds one text input",
    ]);
  });

  it("keeps to the lengths of a label and its input [discord-facts.md 5]", () => {
    expect(modal({ components: [{ ...label("a"), label: "l".repeat(46) }] })).toEqual([
      "data.components.0.label: at most 45 characters",
    ]);
    expect(
      modal({ components: [{ ...label("a"), component: { ...textInput("a"), value: "v".repeat(4001) } }] }),
    ).toEqual(["data.components.0.component.value: at most 4000 characters"]);
  });
});
