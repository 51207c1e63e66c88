/** What tokens may do. */

/**
 * A viewer sees everything, an operator also acts on agents and messages, an admin may everything.
 * An agent's token sees one subtree, and sends and asks there.
 */
export const roles = ["agent", "viewer", "operator", "admin"] as const;
export type Role = typeof roles[number];

const ranks: Readonly<Record<Role, number>> = { agent: 0, viewer: 1, operator: 2, admin: 3 };

/** Whether `role` may what `wanted` may. */
export function isAtLeast(role: Role, wanted: Role): boolean {
  return ranks[role] >= ranks[wanted];
}
