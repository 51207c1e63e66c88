/** A control process for tests: fills two hosts, says their pids, and waits to be killed. */
import { startAgent } from "../contract/hosts.contract.ts";
import { deliverFrame, requestFor } from "../contract/hosts.contract.ts";
import { echo, misbehaving, openRig } from "./rig.ts";

const rig = await openRig();
const quiet = await startAgent(rig.hosts, requestFor(echo, { group: "quiet" }));
const busy = await startAgent(
  rig.hosts,
  requestFor(misbehaving("for (;;) {}"), { group: "busy" }),
);
busy.thread.send(deliverFrame(2, ["do"]));
console.log(JSON.stringify({
  folder: rig.folder,
  pids: [quiet.thread.hostPid, busy.thread.hostPid],
}));
