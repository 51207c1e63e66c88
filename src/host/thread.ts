/** Entry of a worker thread; built into one file (runtime.ts). */
import { AgentThread } from "../actors/agent-thread.ts";
import { systemClock } from "../clock.ts";
import { runThread } from "./thread-body.ts";

runThread((post) => new AgentThread({ clock: systemClock, post }));
