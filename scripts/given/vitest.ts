/** `vitest` of this installation, for swarms outside of it. */
export * from "vitest";
