import { ButtonStyle, ComponentType } from "discord-api-types/v10";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CardRow, cutText, fitCard, joinWithin } from "../../src/presentation/limits.ts";
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

describe("buttons and selects within Discord's limits", () => {
  const button = (label: string, id: string) =>
    ({ type: ComponentType.Button, style: ButtonStyle.Secondary, label, custom_id: id }) as const;
  const select = (id: string, options: readonly (readonly [label: string, value: string])[]) =>
    ({
      type: ComponentType.StringSelect,
      custom_id: id,
      placeholder: "p".repeat(200),
      options: options.map(([label, value]) => ({ label, value })),
    }) as const;
  const row = (...components: CardRow["components"]): CardRow => ({ type: ComponentType.ActionRow, components });
  const fitted = (...components: readonly CardRow[]) => fitCard({ content: "c", components }).components;

  it("are left as they are where they fit", () => {
    const rows = [row(button("Go", "go"), button("Stay", "stay:1")), row(button("x".repeat(80), "y".repeat(100)))];
    expect(fitted(...rows)).toEqual(rows);
  });

  it("have labels that are cut, and ids that never are", () => {
    expect(fitted(row(button("x".repeat(81), "go"), button("Long", "y".repeat(101)), button("", "z")))).toEqual([
      row(button(`${"x".repeat(79)}…`, "go")),
    ]);
  });

  it("stand in five rows of five at most, and in no empty one", () => {
    const ids = (from: number) => Array.from({ length: 7 }, (_, index) => button("Go", `go:${from}:${index}`));
    const rows = fitted(row(), ...Array.from({ length: 7 }, (_, index) => row(...ids(index))));
    expect(rows?.map(({ components }) => components.length)).toEqual([5, 5, 5, 5, 5]);
    expect(fitted(row(), row(button("", "")))).toBeUndefined();
  });

  it("offer what can be told apart, and nothing else", () => {
    const [fit] = fitted(row(select("which", [...options(30), ["again", "1"], ["", "empty"], ["no", ""]]))) ?? [];
    const [only] = fit?.components ?? [];
    if (only?.type !== ComponentType.StringSelect) return expect.unreachable("the select is gone");
    expect(only.options.map(({ value }) => value)).toEqual(options(25).map(([, value]) => value));
    expect(only.placeholder).toHaveLength(150);
    const [long] =
      fitted(
        row(
          select("which", [
            ["l".repeat(101), "v".repeat(100)],
            ["x", "v".repeat(101)],
          ]),
        ),
      ) ?? [];
    expect(long?.components).toMatchObject([{ options: [{ label: `${"l".repeat(99)}…`, value: "v".repeat(100) }] }]);
    expect(fitted(row(select("which", [["", "1"]])))).toBeUndefined();
  });

  const options = (count: number) => Array.from({ length: count }, (_, index) => [`n${index}`, `${index}`] as const);
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
