import { describe, expect, it } from "vitest";
import { createSealer, nameOf } from "../src/sealing.ts";

const id = "1400000000000000001";
const purpose = "a test";

describe("a sealed text", () => {
  it("is opened by whoever has the same secret", () => {
    const sealed = createSealer("secret", purpose).seal("a text 文", id);
    expect(createSealer("secret", purpose).open(sealed, id)).toBe("a text 文");
  });

  it("never looks the same twice", () => {
    const sealer = createSealer("secret", purpose);
    expect(sealer.seal("text", id)).not.toBe(sealer.seal("text", id));
  });

  it("is not opened with another secret, for another purpose or interaction, or with one byte changed", () => {
    const sealed = createSealer("secret", purpose).seal("text", id);
    expect(createSealer("other", purpose).open(sealed, id)).toBeUndefined();
    expect(createSealer("secret", "another").open(sealed, id)).toBeUndefined();
    expect(createSealer("secret", purpose).open(sealed, "1400000000000000002")).toBeUndefined();
    const bytes = Buffer.from(sealed, "base64");
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(createSealer("secret", purpose).open(changed.toString("base64"), id)).toBeUndefined();
    }
  });

  it.each(["", "AAAA", "no base64 at all!"])("is not opened when it is %j", (text) => {
    expect(createSealer("secret", purpose).open(text, id)).toBeUndefined();
  });
});

it("names a secret the same always, another otherwise, and tells nothing of it", () => {
  const secret = "a-token.of.three-parts";
  expect(nameOf(secret)).toMatch(/^[0-9a-f]{16}$/);
  expect(nameOf(secret)).toBe(nameOf(secret));
  expect(nameOf(`${secret}.`)).not.toBe(nameOf(secret));
});
