import { describe, expect, it } from "vitest";
import { createSealer, nameOf } from "../../src/recovery/sealing.ts";

const id = "1400000000000000001";

describe("a sealed text", () => {
  it("is opened by whoever has the same secret", () => {
    const sealed = createSealer("secret").seal("a text 文", id);
    expect(createSealer("secret").open(sealed, id)).toBe("a text 文");
  });

  it("never looks the same twice", () => {
    const sealer = createSealer("secret");
    expect(sealer.seal("text", id)).not.toBe(sealer.seal("text", id));
  });

  it("is not opened with another secret, for another interaction, or with one byte changed", () => {
    const sealed = createSealer("secret").seal("text", id);
    expect(createSealer("other").open(sealed, id)).toBeUndefined();
    expect(createSealer("secret").open(sealed, "1400000000000000002")).toBeUndefined();
    const bytes = Buffer.from(sealed, "base64");
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(createSealer("secret").open(changed.toString("base64"), id)).toBeUndefined();
    }
  });

  it.each(["", "AAAA", "no base64 at all!"])("is not opened when it is %j", (text) => {
    expect(createSealer("secret").open(text, id)).toBeUndefined();
  });
});

it("names a secret the same always, another otherwise, and tells nothing of it", () => {
  const secret = "a-token.of.three-parts";
  expect(nameOf(secret)).toMatch(/^[0-9a-f]{16}$/);
  expect(nameOf(secret)).toBe(nameOf(secret));
  expect(nameOf(`${secret}.`)).not.toBe(nameOf(secret));
});
