import { describeHosts } from "../contract/hosts.contract.ts";
import { broken, echo, openRig } from "./rig.ts";

describeHosts("processes", async () => {
  const rig = await openRig();
  return {
    hosts: rig.hosts,
    echo,
    broken,
    crash: (thread) => Deno.kill(thread.hostPid, "SIGKILL"),
    close: () => rig.close(),
  };
});
