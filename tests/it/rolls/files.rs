//! What the server, Unbound and our resolver read.

use super::world::How;

/// All zones are signed; the one that is rolled by a policy of its own, with this algorithm.
pub(super) fn configuration(how: How, algorithm: &str) -> String {
    // The root has no parent.
    let parents = if how.zone == "." { "" } else { "parents = [\"127.0.0.1:53\"]" };
    CONFIGURATION
        .replace("ZONE", how.zone)
        .replace("ALGORITHM", algorithm)
        .replace("DENIAL", how.denial)
        .replace("KEYS", how.keys)
        .replace("PARENTS", parents)
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
zones = ["ZONE"]
algorithm = "ALGORITHM"
denial = "DENIAL"
keys = "KEYS"
dnskey_ttl = "2s"
propagation = "0s"
parent_ttl = "2s"
parent_propagation = "0s"
PARENTS
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
_mimi 2 TXT \"v=mimi1; epoch=1; hash=sha256; salt=1f0e2d3c4b5a69788796a5b4c3d2e1f0; from=20260101000000\"
$TTL 2
$IDENTIFIER tel:+442079460148
@ MIMISIG possession now-30d +700d issuer=ap-north.example. holder-key=@keys/01.pem proof=sms,now-30d sign=keys/ap-north.example.pem
@ MIMISIG wishes now-7d +300d holder=@keys/01.pem at=\"amber.example 0\" sign=keys/01.pem
@ MIMISIG mapping now-1h +9d issuer=amber.example. holder=@keys/01.pem consent=now-7d (
  endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://amber.example/u/1!\\\" .\" sign=keys/amber.example.pem )
";

/// Whose statements stand in the zone, with keys that the TLD tells; a root that is told by `ANCHORS`.
pub(super) const POLICY: &str = r#"version = 1
[dnssec]
anchors = [ANCHORS]
[[provider]]
apex = "zone.example"
scope = ["+44"]
[[grant]]
domain = "ap-north.example"
kind = "possession"
scope = ["+44"]
strongest = "sms"
"#;

/// Files of `zones/` that the zone's statements are signed with.
pub(super) const SIGNERS: [&str; 3] = ["holders/01.pem", "ap-north.example.pem", "amber.example.pem"];

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
  ANCHORS
  harden-below-nxdomain: no
  local-zone: example. nodefault
  val-bogus-ttl: 1
  ede: yes
remote-control:
  control-enable: no
";
