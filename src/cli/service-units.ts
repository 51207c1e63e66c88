/** What keeps Dream.OS running as a service of the machine: units of systemd, agents of launchd. */

export interface Place {
  /** Absolute paths. */
  launcher: string;
  home: string;
  /** More of the command line, such as `--swarm FILE`. */
  args: readonly string[];
}

/** What `dreamos up` ends with that another start does not help: its own words are in the log. */
const neverAgain = { usage: 2, config: 78 };

/**
 * @param user null for a unit of one's own (`systemctl --user`); else of the machine, as this user
 */
export function systemdUnit({ launcher, home, args }: Place, user: string | null): string {
  const command = [launcher, "up", "--home", home, ...args].map(systemdWord).join(" ");
  const lines = [
    "# Dream.OS as a service of systemd; made by: dreamos service print systemd",
    "[Unit]",
    "Description=Dream.OS, a swarm of agents",
    "Documentation=https://www.freedesktop.org/software/systemd/man/systemd.service.html",
    ...user === null ? [] : ["After=network.target local-fs.target"],
    "# After five starts in ten minutes it stays down: systemctl reset-failed dreamos. Three ends",
    "# in a row without any work between them have then led to safe mode, which stays up.",
    "StartLimitIntervalSec=10min",
    "StartLimitBurst=5",
    "",
    "[Service]",
    "Type=notify",
    "NotifyAccess=main",
    `ExecStart=${command}`,
    "# Exit code 70: the root supervisor gave up; the next start goes on from the store. 78 and 2:",
    "# the configuration or the command line is wrong, and would be wrong again.",
    "Restart=on-failure",
    "RestartSec=2s",
    `RestartPreventExitStatus=${neverAgain.usage} ${neverAgain.config}`,
    "# Fed only while the control process answers, its storage thread included.",
    "WatchdogSec=30s",
    "# Opening a large store takes a while; each step of the start asks for more.",
    "TimeoutStartSec=5min",
    "# SIGTERM to the control process alone: it drains and ends its hosts by itself.",
    "KillMode=mixed",
    "TimeoutStopSec=60s",
    "# A host that the kernel kills for its memory is started again; the rest goes on.",
    "OOMPolicy=continue",
    "LimitNOFILE=65536",
    "TasksMax=8192",
    "UMask=0077",
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    ...user === null ? [] : machineLines(home, user),
    "",
    "[Install]",
    `WantedBy=${user === null ? "default" : "multi-user"}.target`,
  ];
  return `${lines.join("\n")}\n`;
}

/** V8 compiles code while it runs, and tier `process` makes namespaces: both stay allowed. */
function machineLines(home: string, user: string): string[] {
  return [
    `User=${user}`,
    "CacheDirectory=dreamos",
    "Environment=DENO_DIR=/var/cache/dreamos",
    "# Everything is read-only but HOME. Folders that agents read stay readable.",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    `ReadWritePaths=${systemdWord(home)}`,
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
  ];
}

/** systemd expands `%` and `$`, and splits at spaces. */
function systemdWord(text: string): string {
  const word = text.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w./:@=,+%$-]+$/.test(word)) return word;
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** launchd has no watchdog and knows no exit codes: it restarts what did not end with 0. */
export function launchdAgent({ launcher, home, args }: Place): string {
  const words = [launcher, "up", "--home", home, ...args]
    .map((word) => `    <string>${xml(word)}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Dream.OS as an agent of launchd; made by: dreamos service print launchd -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>os.dream.dreamos</string>
  <key>ProgramArguments</key>
  <array>
${words.join("\n")}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <!-- A wrong configuration (exit code 78) is tried again too, every 30 seconds. -->
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>60</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>StandardOutPath</key>
  <string>${xml(home)}/logs/up.log</string>
  <key>StandardErrorPath</key>
  <string>${xml(home)}/logs/up.log</string>
</dict>
</plist>
`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
