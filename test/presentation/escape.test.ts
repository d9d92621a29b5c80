import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeText, escapeText, plainText } from "../../src/presentation/escape.ts";
import { hostileText } from "./hostile.ts";
import { activeText, read } from "./reading.ts";

describe("text from outside", () => {
  it.each([
    ["a mention of everybody", "@everyone"],
    ["a mention of a person", "<@200000000000000001>"],
    ["a channel", "<#1>"],
    ["a timestamp", "<t:0:R>"],
    ["a masked link", "[win](https://evil.example)"],
    ["a bare link", "https://evil.example"],
    ["a code fence", "```rm```"],
    ["emphasis", "**bold** __line__ ~~gone~~ ||hidden||"],
    ["a heading", "# big"],
    ["a list", "- item"],
    ["a numbered list", "1. item"],
    ["a quote", "> said"],
    ["a backslash that would undo our escape", "\\*bold\\*"],
  ])("shows %s as it was written, without effect", (_what, text) => {
    const escaped = escapeText(text);
    expect(read({ content: escaped })).toBe(text);
    expect(activeText(escaped)).not.toMatch(/[<>@#`[\]|~*_\\]|:\/\/|^[-+]|^\d+[.)]/);
  });

  it("loses right-to-left marks, zero-width characters, lone surrogates and line breaks", () => {
    expect(escapeText("a\u202Eb\uFFF9\u2066c\u200Bd\uFEFFe\uD83Df\u061Cg\r\n\u2028h\u0000")).toBe("abcdefg h");
  });

  it("keeps what people write: other scripts, accents, emoji, prices", () => {
    expect(escapeText("周內交易 naïve 📈 1.0853 (2-10 Days) & more!")).toBe(
      "周內交易 naïve 📈 1.0853 (2-10 Days) & more!",
    );
  });

  it("is cut between characters and ends in an ellipsis", () => {
    expect(escapeText("📈📈📈📈📈", 3)).toBe("📈📈…");
    expect(escapeText("📈📈📈", 3)).toBe("📈📈📈");
    expect(plainText("one two three", 8)).toBe("one two…");
  });

  it("counts what is seen, not the escapes", () => {
    expect(escapeText("*****", 5)).toBe("\\*\\*\\*\\*\\*");
  });

  it("is not read to its end when it is megabytes long", () => {
    expect(plainText(`${"\u200B".repeat(1_000_000)}far away`)).toBe("");
    expect([...plainText("<@1> ".repeat(1_000_000), 50)]).toHaveLength(50);
  });

  it("never has an effect, whatever it is", () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 60 }), (text, most) => {
        const escaped = escapeText(text, most);
        expect(activeText(escaped)).not.toMatch(/[<>@#`[\]|~*_\\]|:\/\//);
        expect(escaped).not.toMatch(/[\p{Cf}\p{Cs}\n\r]/u);
        expect([...plainText(text, most)].length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe("an identifier in a code span", () => {
  it("stands in backticks when it is one", () => {
    expect(codeText("432594c0-0683-47b9-aca7-32329aad1b85")).toBe("`432594c0-0683-47b9-aca7-32329aad1b85`");
  });

  it("is only escaped when it would break out of them", () => {
    expect(codeText("`<@1>`")).toBe("\\`\\<\\@1\\>\\`");
  });
});
