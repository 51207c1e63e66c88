/** `xstate` of this installation, for swarms outside of it. */
export * from "xstate";
