import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, fitCard, joinWithin } from "../../src/presentation/limits.ts";
import { sentTexts } from "./reading.ts";

const text = fc.oneof(
  fc.string(),
  fc.nat(9000).map((length) => "a".repeat(length)),
  fc.nat(5000).map((length) => "📈".repeat(length)),
  fc.nat(5000).map((length) => "\\*".repeat(length)),
);
const embed = fc.record(
  {
    title: text,
    description: text,
    fields: fc.array(fc.record({ name: text, value: text }), { maxLength: 40 }),
    footer: fc.record({ text }),
    author: fc.record({ name: text }),
  },
  { requiredKeys: [] },
);

describe("a card within Discord's limits", () => {
  it("holds for any texts", () => {
    fc.assert(
      fc.property(
        fc.record({ content: text, embeds: fc.array(embed, { maxLength: 14 }) }, { requiredKeys: [] }),
        (card) => {
          const fitted = fitCard(card);
          expect(fitted.content?.length ?? 0).toBeLessThanOrEqual(2000);
          expect(fitted.embeds?.length ?? 0).toBeLessThanOrEqual(10);
          for (const { title, description, fields, footer, author } of fitted.embeds ?? []) {
            expect(title?.length ?? 1).toBeLessThanOrEqual(256);
            expect(description?.length ?? 1).toBeLessThanOrEqual(4096);
            expect(footer?.text.length ?? 1).toBeLessThanOrEqual(2048);
            expect(author?.name.length ?? 1).toBeLessThanOrEqual(256);
            expect(fields?.length ?? 1).toBeLessThanOrEqual(25);
            for (const { name, value } of fields ?? []) {
              expect(name.length).toBeLessThanOrEqual(256);
              expect(value.length).toBeLessThanOrEqual(1024);
            }
          }
          const texts = sentTexts({ embeds: fitted.embeds ?? [] });
          expect(texts.every((part) => part.trim() !== "" && !/\p{Cs}/u.test(part))).toBe(true);
          expect(texts.join("").length).toBeLessThanOrEqual(6000);
        },
      ),
    );
  });

  it("leaves a card that fits as it is", () => {
    const card = { content: "Hello", embeds: [{ title: "T", color: 1, fields: [{ name: "n", value: "v" }] }] };
    expect(fitCard(card)).toEqual(card);
  });

  it("keeps title and description when the fields are too many", () => {
    const fields = Array.from({ length: 30 }, (_, index) => ({ name: `n${index}`, value: "v".repeat(1000) }));
    const [fitted] = fitCard({ embeds: [{ title: "Title", description: "Description", fields }] }).embeds ?? [];
    expect(fitted).toMatchObject({ title: "Title", description: "Description" });
    expect(fitted?.fields).toHaveLength(5);
  });

  it("leaves out what Discord would refuse: empty fields and empty embeds", () => {
    expect(fitCard({ embeds: [{ title: " " }, { title: "T", fields: [{ name: " ", value: "v" }] }] })).toEqual({
      embeds: [{ title: "T" }],
    });
  });
});

describe("cutting", () => {
  it("never leaves half a character or half an escape", () => {
    expect(cutText("📈📈📈", 4)).toBe("📈…");
    expect(cutText("ab\\*cd", 4)).toBe("ab…");
    expect(cutText("a\\\\\\*cd", 5)).toBe("a\\\\…");
  });

  it("keeps whole lines and says how many are left out", () => {
    const lines = ["first", "second", "third"];
    const leftOut = (count: number) => `+${count}`;
    expect(joinWithin(lines, 100, leftOut)).toBe("first\nsecond\nthird");
    expect(joinWithin(lines, 15, leftOut)).toBe("first\nsecond\n+1");
    expect(joinWithin(lines, 10, leftOut)).toBe("first\n+2");
    expect(joinWithin(lines, 3, leftOut)).toBe("+3");
    expect(joinWithin([], 3, leftOut)).toBe("");
  });
});
