import { defineSwarm } from "../src/index.ts";

/** The default swarm: remembers the files of the inbox folder. See README.md beside this file. */
export default defineSwarm({
  kinds: {
    captain: "./captain/agent.ts",
    ingestor: "./ingestor/agent.ts",
    "backlog-page": "./backlog-page/agent.ts",
    reader: "./reader/agent.ts",
    scribe: "./scribe/agent.ts",
    counter: "./counter/agent.ts",
    echo: "./echo/agent.ts",
  },
  strategy: "oneForOne",
  children: [
    { type: "agent", id: "captain", agent: "captain" },
    {
      type: "agent",
      id: "scribe",
      agent: "scribe",
      grants: { calls: ["memory.put", "memory.recall", "memory.stats"] },
    },
    {
      type: "dynamic",
      id: "readers",
      agents: ["reader"],
      maxRunning: 4,
      restart: "transient",
      grants: { calls: ["file.read"], files: ["$inbox"] },
    },
    { type: "dynamic", id: "backlog", agents: ["backlog-page"], restart: "transient" },
    {
      type: "agent",
      id: "ingestor",
      agent: "ingestor",
      grants: { calls: ["memory.link", "memory.unlink"] },
    },
    {
      type: "adapter",
      id: "inbox",
      adapter: "file.watch",
      options: { folder: "$inbox" },
      to: "/ingestor",
    },
    { type: "dynamic", id: "workers", restart: "transient" },
  ],
});
