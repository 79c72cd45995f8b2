//! What the server and Unbound read.

pub(super) fn configuration(algorithm: &str, denial: &str) -> String {
    CONFIGURATION.replace("ALGORITHM", algorithm).replace("DENIAL", denial)
}

const CONFIGURATION: &str = r#"version = 1
state = "state"
[listen]
dns = ["127.0.0.1:53"]
[zones]
paths = ["zones"]
[rate_limit]
exempt = ["127.0.0.0/8"]
[[signing]]
denial = "DENIAL"
dnskey_ttl = "2s"
propagation = "0s"
parent_ttl = "2s"
parent_propagation = "0s"
[[signing]]
zones = ["zone.example"]
algorithm = "ALGORITHM"
denial = "DENIAL"
keys = "ksk-zsk"
dnskey_ttl = "2s"
propagation = "0s"
parent_ttl = "2s"
parent_propagation = "0s"
parents = ["127.0.0.1:53"]
validity = "1m"
refresh = "50s"
jitter = "5s"
"#;

pub(super) const ROOT: &str = "\
. 2 SOA ns.example. h. 1 1h 1h 1w 2
. 2 NS ns.example.
example. 2 NS ns.example.
ns.example. 2 A 127.0.0.1
";

pub(super) const EXAMPLE: &str = "\
$ORIGIN example.
@ 2 SOA ns h 1 1h 1h 1w 2
@ 2 NS ns
ns 2 A 127.0.0.1
zone 2 NS ns
";

pub(super) const ZONE: &str = "\
$ORIGIN zone.example.
@ 2 SOA ns.example. h 1 1h 1h 1w 2
@ 2 NS ns.example.
www 2 A 192.0.2.1
*.wild 2 TXT hello
alias 2 CNAME www
";

pub(super) const UNBOUND_CONF: &str = "server:
  interface: 127.0.0.9
  outgoing-interface: 127.0.0.9
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  username: \"\"
  chroot: \"\"
  directory: \"PATH\"
  pidfile: \"\"
  use-syslog: no
  logfile: \"PATH/unbound.log\"
  val-log-level: 2
  num-threads: 1
  module-config: \"validator iterator\"
  root-hints: \"PATH/hints\"
  trust-anchor-file: \"PATH/anchor\"
  harden-algo-downgrade: yes
  harden-below-nxdomain: no
  local-zone: example. nodefault
  val-bogus-ttl: 1
  ede: yes
remote-control:
  control-enable: no
";
