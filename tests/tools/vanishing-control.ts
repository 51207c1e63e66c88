/** A control process with a busy tool host: says its pid, then works until it is killed. */
import { Rig } from "./rig.ts";

const rig = new Rig(Deno.args[0]!);
await rig.open();
console.log(rig.host.pid);
while (true) await rig.read("/not/granted.md").catch(() => {});
