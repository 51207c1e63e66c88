/** The tree of the small control: `/workers` is dynamic, all others stand below `/`. */
import { nameOf, parentOf } from "../../src/address.ts";
import type { AgentView, TreeNode } from "../../src/supervisor/control.ts";

export function treeOf(agents: AgentView[]): TreeNode {
  const plain = {
    restarts: 0,
    mailboxDepth: 0,
    lastError: null,
    exits: [],
    hidden: 0,
    strategy: null,
  };
  const leaves = agents.map((a): TreeNode => ({
    ...plain,
    address: a.address,
    type: "agent",
    status: a.status,
    kind: a.kind,
    children: [],
  }));
  return {
    ...plain,
    address: "/",
    type: "supervisor",
    status: "running",
    kind: null,
    strategy: "oneForOne",
    children: [
      ...leaves.filter((l) => parentOf(l.address) === "/"),
      {
        ...plain,
        address: "/workers",
        type: "dynamic",
        status: "running",
        kind: null,
        children: leaves.filter((l) => l.address === `/workers/${nameOf(l.address)}`),
      },
    ],
  };
}
