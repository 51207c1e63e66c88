/** What the Grafana dashboard shows, as data: `dashboard-page.ts` writes it in Grafana's words. */

/** Grafana's names of units. */
type Unit = "short" | "ops" | "s" | "bytes" | "percentunit";

export interface Query {
  expr: string;
  /** Name of a series; `{{label}}` stands for its label. */
  legend: string;
}

export interface Panel {
  title: string;
  /** What it tells, and when to worry. */
  about: string;
  unit: Unit;
  queries: Query[];
}

export interface Row {
  title: string;
  panels: Panel[];
}

/** Grafana puts in how long at least a rate needs; `$address` is chosen on the page. */
const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const q = (expr: string, legend: string): Query => ({ expr, legend });

function panel(title: string, unit: Unit, about: string, ...queries: Query[]): Panel {
  return { title, unit, about, queries };
}

function quantiles(name: string): Query[] {
  return ["0.5", "0.95", "0.99"].map((quantile) =>
    q(
      `histogram_quantile(${quantile}, sum by (le) (${rate(`${name}_bucket`)}))`,
      `p${Number(quantile) * 100}`,
    )
  );
}

const ofAgent = (name: string) => `${name}{address=~"$address"}`;

export const rows: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      panel(
        "Agents by status",
        "short",
        "Passive agents cost nothing; parked, failed and blocked ones wait for somebody.",
        q("dreamos_agents > 0", "{{status}}"),
      ),
      panel(
        "Turns",
        "ops",
        "One turn takes a batch of messages and is committed whole.",
        q(rate("dreamos_turns_total"), "turns"),
      ),
      panel(
        "Open messages",
        "short",
        "In all mailboxes, and in the fullest one; 10,000 is where a mailbox refuses.",
        q("dreamos_mailbox_depth", "all"),
        q("dreamos_mailbox_depth_highest", "fullest"),
      ),
      panel(
        "Oldest open message",
        "s",
        "Grows while an agent is stuck, or when more comes than is handled.",
        q("dreamos_mailbox_oldest_age_seconds", "age"),
      ),
      panel(
        "Restarts",
        "ops",
        "By reason. A few are what supervision is for; a steady rate is a fault.",
        q(`${rate("dreamos_restarts_total")} > 0 or dreamos_restarts_total * 0`, "{{reason}}"),
      ),
      panel(
        "Dead letters",
        "short",
        "Kept until somebody replays or drops them: dreamos deadletters.",
        q("dreamos_dead_letters", "kept"),
      ),
    ],
  },
  {
    title: "One agent",
    panels: [
      panel(
        "Turns of the agent",
        "ops",
        "Of agents that the swarm file names; spawned ones make no series.",
        q(rate(ofAgent("dreamos_agent_turns_total")), "{{address}}"),
      ),
      panel(
        "Open messages of the agent",
        "short",
        "What waits in its mailbox, what it has in hand included.",
        q(ofAgent("dreamos_agent_mailbox_depth"), "{{address}}"),
      ),
      panel(
        "Oldest open message of the agent",
        "s",
        "Beyond the turn deadline of 10 s something holds it up.",
        q(ofAgent("dreamos_agent_mailbox_oldest_age_seconds"), "{{address}}"),
      ),
      panel(
        "Restarts and trouble of the agent",
        "short",
        "Restarts since it was made; trouble is 1 while blocked, restarting, parked or failed.",
        q(ofAgent("dreamos_agent_restarts_total"), "restarts {{address}}"),
        q(ofAgent("dreamos_agent_troubled"), "trouble {{address}}"),
      ),
    ],
  },
  {
    title: "Storage",
    panels: [
      panel(
        "Commit latency",
        "s",
        "From acceptance to the fsync: what every acknowledgement waits for.",
        ...quantiles("dreamos_commit_duration_seconds"),
      ),
      panel(
        "Group commit",
        "short",
        "Commits that share one fsync, on average: more under load.",
        q(
          `${rate("dreamos_commit_group_size_sum")} / ${rate("dreamos_commit_group_size_count")}`,
          "commits",
        ),
      ),
      panel(
        "Database",
        "bytes",
        "The log beside it is written back in checkpoints; it should not only grow.",
        q("dreamos_database_size_bytes", "database"),
        q("dreamos_database_wal_size_bytes", "log"),
      ),
      panel(
        "Free disk",
        "bytes",
        "Below minFreeBytes new requests are refused.",
        q("dreamos_disk_free_bytes", "free"),
      ),
      panel(
        "Storage available",
        "short",
        "0 while the disk is full or fails: nothing new is accepted then.",
        q("dreamos_storage_available", "available"),
      ),
    ],
  },
  {
    title: "Hosts",
    panels: [
      panel(
        "Hosts and threads",
        "short",
        "A thread is one agent that has work, or had some lately.",
        q("dreamos_hosts", "hosts"),
        q("dreamos_threads", "threads"),
      ),
      panel(
        "Turn latency",
        "s",
        "From the hand-over to a thread until the turn is accepted.",
        ...quantiles("dreamos_turn_duration_seconds"),
      ),
      panel(
        "Memory",
        "bytes",
        "Resident: hosts by group, the tool host, the control process.",
        q("dreamos_host_resident_memory_bytes", "hosts {{group}}"),
        q("dreamos_tool_host_resident_memory_bytes", "tool host"),
        q("dreamos_control_resident_memory_bytes", "control"),
      ),
      panel(
        "CPU",
        "percentunit",
        "100 % is one core.",
        q(rate("dreamos_host_cpu_seconds_total"), "hosts {{group}}"),
        q(rate("dreamos_tool_host_cpu_seconds_total"), "tool host"),
        q(rate("dreamos_control_cpu_seconds_total"), "control"),
      ),
      panel(
        "Activations and passivations",
        "ops",
        "Agents that got a thread, and idle ones that gave theirs back.",
        q(rate("dreamos_activations_total"), "activations"),
        q(rate("dreamos_passivations_total"), "passivations"),
      ),
      panel(
        "Ends of agents",
        "ops",
        "By reason; host_lost and out_of_memory come from hosts.",
        q(`${rate("dreamos_exits_total")} > 0 or dreamos_exits_total * 0`, "{{reason}}"),
      ),
    ],
  },
  {
    title: "API",
    panels: [
      panel(
        "Requests by code",
        "ops",
        "429 is back-pressure; 5xx is ours, or a disk that takes nothing.",
        q(`sum by (code) (${rate("dreamos_api_requests_total")})`, "{{code}}"),
      ),
      panel(
        "Requests by route",
        "ops",
        "The ten busiest.",
        q(`topk(10, sum by (route) (${rate("dreamos_api_requests_total")}))`, "{{route}}"),
      ),
      panel(
        "Time to the first byte",
        "s",
        "Asks wait for their reply, and so do their requests.",
        ...quantiles("dreamos_api_request_duration_seconds"),
      ),
      panel(
        "Event-loop lag",
        "s",
        "How late the control process is for what is due: above 0.1 s it has too much to do.",
        ...quantiles("dreamos_event_loop_lag_seconds"),
      ),
      panel(
        "Open streams",
        "short",
        "Of server-sent events: 1,000 may be open at one time, half of them with one token.",
        q("sum by (route) (dreamos_api_streams)", "{{route}}"),
      ),
    ],
  },
];
