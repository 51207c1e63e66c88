/** Types of events and messages that belong to the runtime. */

/** Whether only the runtime may use this type (R4). */
export function isReservedType(type: string): boolean {
  return type.startsWith("xstate.") || type.startsWith("system.");
}
