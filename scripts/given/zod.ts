/** `zod` of this installation, for swarms outside of it. */
export * from "zod";
export { default } from "zod";
