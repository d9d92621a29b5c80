/** Discord accepts a first callback this long after the interaction was made, ms (`discord-facts.md` 1.1). */
export const acknowledgeWithinMs = 3000;
/** The token for edits and follow-ups lives this long, ms (`discord-facts.md` 1.1). */
export const answerWithinMs = 15 * 60_000;
/** Kept back of the token's life for bringing the last sentence to the person, ms. */
export const lastWordMs = 60_000;
