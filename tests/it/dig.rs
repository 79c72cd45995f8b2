//! What users see: dig, kdig and drill print what our server answers, and `mimi-dns statement show`
//! reads what they print.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use data_encoding::HEXUPPER;
use mimi_dns::record::{Name, Rtype};

use crate::peers::installed;
use crate::peers_zones::Example;
use crate::running::Running;

/// `tel:+442079460148`: five statements, more than one datagram takes.
const FIVE: &str = "og1070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg.discover.example.";
/// `+44 20 7946 0942`, in the block.
const IN_BLOCK: &str = "2.4.9.0.6.4.9.7.0.2.4.4.e164.example.";

/// Our server, and what is needed to ask it.
struct Asked {
    running: Running,
    example: Example,
}

impl Asked {
    fn start() -> Self {
        let example = Example::build();
        Self { running: Running::start(example.catalog()), example }
    }

    fn dig(&self, arguments: &str) -> Option<String> {
        dig(self.running.addr(), arguments)
    }

    fn kdig(&self, arguments: &str) -> Option<String> {
        Some(output(Command::new(installed(&["kdig"])?).args(self.like_dig()).args(arguments.split(' '))))
    }

    fn drill(&self, arguments: &str) -> Option<String> {
        let addr = self.running.addr();
        let mut command = Command::new(installed(&["drill"])?);
        command.args(["-p", &addr.port().to_string(), &format!("@{}", addr.ip())]);
        Some(output(command.args(arguments.split(' '))))
    }

    fn like_dig(&self) -> [String; 3] {
        let addr = self.running.addr();
        [format!("@{}", addr.ip()), "-p".to_owned(), addr.port().to_string()]
    }

    /// The statements at [`FIVE`]: length and octets in hexadecimal.
    fn statements(&self) -> Vec<String> {
        let name: Name = FIVE.parse().unwrap();
        let node = self.example.zones.iter().find_map(|zone| zone.node(&name)).unwrap();
        let records = node.rrset(Rtype::MIMISIG).unwrap().records();
        let mut records: Vec<_> = records
            .map(|record| format!("{} {}", record.rdata().len(), HEXUPPER.encode(record.rdata())))
            .collect();
        records.sort();
        assert_eq!(records.len(), 5);
        records
    }
}

fn dig(addr: SocketAddr, arguments: &str) -> Option<String> {
    let mut command = Command::new(installed(&["dig"])?);
    // -r: without the user's own options.
    command.args(["-r", &format!("@{}", addr.ip()), "-p", &addr.port().to_string()]);
    Some(output(command.args(arguments.split(' '))))
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A tool's output without what differs from run to run and between its versions, runs of blanks as one.
fn essential(output: &str) -> String {
    let volatile = [
        "; <<>>",
        "; (",
        ";; global options",
        ";; Got answer",
        ";; Query time",
        ";; WHEN",
        ";; SERVER",
        ";; MSG SIZE",
        ";; Received",
        ";; Time",
        ";; From",
    ];
    let lines = output.lines().filter(|line| !volatile.iter().any(|start| line.starts_with(start)));
    let lines = lines.map(|line| match line.find(" id: ") {
        Some(at) => line[..at].to_owned(),
        None => line.split_whitespace().collect::<Vec<_>>().join(" "),
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Length and octets of every record in the form of RFC 3597 that stands on one line, sorted.
fn unknown_records(output: &str) -> Vec<String> {
    let records = output.lines().filter_map(|line| line.split_once("\\# ")).map(|(_, data)| {
        let (length, octets) = data.split_once(' ').unwrap();
        format!("{length} {}", octets.replace(' ', "").to_uppercase())
    });
    let mut records: Vec<_> = records.collect();
    records.sort();
    records
}

#[test]
fn dig_prints_an_answer() {
    let asked = Asked::start();
    let Some(printed) = asked.dig(&format!("{IN_BLOCK} NAPTR")) else { return };
    let expected = r#";; ->>HEADER<<- opcode: QUERY, status: NOERROR,
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
;; WARNING: recursion requested but not available
;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; QUESTION SECTION:
;2.4.9.0.6.4.9.7.0.2.4.4.e164.example. IN NAPTR
;; ANSWER SECTION:
2.4.9.0.6.4.9.7.0.2.4.4.e164.example. 3600 IN NAPTR 100 10 "u" "E2U+sip" "!^\\+442079460(9[0-9]{2})$!sip:\\1@pbx.birch.example!" ."#;
    assert_eq!(essential(&printed), expected);
    assert!(printed.contains("(UDP)"), "{printed}");

    let printed = asked.dig("+noedns +tcp +norecurse e164.example NS").unwrap();
    let expected = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR,
;; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 2
;; QUESTION SECTION:
;e164.example. IN NS
;; ANSWER SECTION:
e164.example. 3600 IN NS ns.e164.example.
;; ADDITIONAL SECTION:
ns.e164.example. 3600 IN A 127.0.0.1
ns.e164.example. 3600 IN AAAA ::1";
    assert_eq!(essential(&printed), expected);
    assert!(printed.contains("(TCP)"), "{printed}");

    let printed = asked.dig("+short _mimi.find.example TXT").unwrap();
    assert_eq!(
        printed,
        "\"v=mimi1; epoch=2026; hash=argon2id; salt=5c9d0f7be1a24836b5d2c7e81f930a64; m=8192; t=2; p=1; \
         shard=1; from=20260301000000\"\n"
    );
}

#[test]
fn dig_prints_absence_with_the_soa_record() {
    let asked = Asked::start();
    for (name, status) in [("none.discover.example.", "NXDOMAIN"), (FIVE, "NOERROR")] {
        let Some(printed) = asked.dig(&format!("{name} A")) else { return };
        let expected = format!(
            ";; ->>HEADER<<- opcode: QUERY, status: {status},
;; flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1
;; WARNING: recursion requested but not available
;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; QUESTION SECTION:
;{name} IN A
;; AUTHORITY SECTION:
discover.example. 300 IN SOA ns1.discover.example. hostmaster.discover.example. 2026112201 14400 3600 1209600 300"
        );
        assert_eq!(essential(&printed), expected);
    }
}

#[test]
fn dig_prints_what_is_not_served() {
    let asked = Asked::start();
    for (arguments, status, flags) in [
        ("www.elsewhere.test A", "REFUSED", "qr rd"),
        ("CH version.bind TXT", "REFUSED", "qr rd"),
        ("+edns=1 +noednsneg e164.example SOA", "BADVERS", "qr rd"),
        ("+opcode=NOTIFY e164.example SOA", "NOTIMP", "qr rd"),
    ] {
        let Some(printed) = asked.dig(arguments) else { return };
        assert!(printed.contains(&format!("status: {status},")), "{printed}");
        assert!(printed.contains(&format!(";; flags: {flags}; QUERY: ")), "{printed}");
        assert!(printed.contains(" ANSWER: 0, AUTHORITY: 0,"), "{printed}");
    }
}

#[test]
fn dig_prints_statements_and_goes_on_over_tcp() {
    let asked = Asked::start();
    let Some(printed) = asked.dig(&format!("{FIVE} TYPE65400")) else { return };
    assert!(printed.contains(";; Truncated, retrying in TCP mode."), "{printed}");
    assert!(
        printed.contains(";; flags: qr aa rd; QUERY: 1, ANSWER: 5, AUTHORITY: 0, ADDITIONAL: 1"),
        "{printed}"
    );
    assert!(printed.contains("(TCP)"), "{printed}");
    assert_eq!(essential(&printed).matches(&format!("{FIVE} 300 IN TYPE65400 \\# ")).count(), 5, "{printed}");
    let statements = asked.statements();
    assert_eq!(unknown_records(&printed), statements);
    let short = asked.dig(&format!("+short {FIVE} TYPE65400")).unwrap();
    assert!(short.lines().all(|line| line.starts_with("\\# ")), "{short}");
    assert_eq!(unknown_records(&short), statements);
    // 512 octets hold none of them, with and without EDNS.
    for option in ["+bufsize=512", "+noedns"] {
        let cut = asked.dig(&format!("{option} +ignore {FIVE} TYPE65400")).unwrap();
        assert!(cut.contains(";; flags: qr aa tc rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0,"), "{cut}");
        let whole = asked.dig(&format!("{option} {FIVE} TYPE65400")).unwrap();
        assert!(whole.contains("retrying in TCP mode"), "{whole}");
        assert_eq!(unknown_records(&whole), statements);
    }
}

#[test]
fn dig_prints_any_in_short_over_udp_and_whole_over_tcp() {
    let asked = Asked::start();
    let Some(one) = asked.dig(&format!("+noall +answer +notcp {FIVE} ANY")) else { return };
    assert_eq!(one.lines().count(), 5, "{one}");
    assert!(essential(&one).lines().all(|line| line.contains(" IN NAPTR ")), "{one}");
    // dig asks ANY over TCP unless told otherwise.
    let all = asked.dig(&format!("+noall +answer {FIVE} ANY")).unwrap();
    let count = |rtype: &str| essential(&all).matches(&format!(" IN {rtype} ")).count();
    assert_eq!(["NAPTR", "URI", "TYPE65400"].map(count), [5, 3, 5], "{all}");
}

#[test]
fn dig_asks_over_ipv6() {
    let Some(running) = Running::start_ipv6(Example::build().catalog()) else { return };
    for transport in ["+notcp", "+tcp"] {
        let Some(printed) = dig(running.addr(), &format!("{transport} +short e164.example NS")) else {
            return;
        };
        assert_eq!(printed, "ns.e164.example.\n");
    }
}

#[test]
fn kdig_prints_answers_absence_and_statements() {
    let asked = Asked::start();
    let Some(printed) = asked.kdig(&format!("+edns {IN_BLOCK} NAPTR")) else { return };
    let expected = r#";; ->>HEADER<<- opcode: QUERY; status: NOERROR;
;; Flags: qr aa rd; QUERY: 1; ANSWER: 1; AUTHORITY: 0; ADDITIONAL: 1
;; EDNS PSEUDOSECTION:
;; Version: 0; flags: ; UDP size: 1232 B; ext-rcode: NOERROR
;; QUESTION SECTION:
;; 2.4.9.0.6.4.9.7.0.2.4.4.e164.example. IN NAPTR
;; ANSWER SECTION:
2.4.9.0.6.4.9.7.0.2.4.4.e164.example. 3600 IN NAPTR 100 10 "u" "E2U+sip" "!^\\+442079460(9[0-9]{2})$!sip:\\1@pbx.birch.example!" ."#;
    assert_eq!(essential(&printed), expected);

    let printed = asked.kdig("none.e164.example A").unwrap();
    let expected = ";; ->>HEADER<<- opcode: QUERY; status: NXDOMAIN;
;; Flags: qr aa rd; QUERY: 1; ANSWER: 0; AUTHORITY: 1; ADDITIONAL: 0
;; QUESTION SECTION:
;; none.e164.example. IN A
;; AUTHORITY SECTION:
e164.example. 300 IN SOA ns.e164.example. hostmaster.e164.example. 2026112201 14400 3600 1209600 300";
    assert_eq!(essential(&printed), expected);

    let printed = asked.kdig(&format!("{FIVE} TYPE65400")).unwrap();
    assert!(printed.contains("(TCP)"), "{printed}");
    assert_eq!(unknown_records(&printed), asked.statements());
}

#[test]
fn drill_prints_answers_absence_and_statements() {
    let asked = Asked::start();
    let Some(printed) = asked.drill(&format!("{IN_BLOCK} NAPTR")) else { return };
    assert!(
        printed.contains(";; flags: qr aa rd ; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0"),
        "{printed}"
    );
    assert!(
        printed.contains(r#""E2U+sip" "!^\\+442079460(9[0-9]{2})$!sip:\\1@pbx.birch.example!" ."#),
        "{printed}"
    );
    let printed = asked.drill("none.e164.example A").unwrap();
    assert!(printed.contains("rcode: NXDOMAIN"), "{printed}");
    assert!(essential(&printed).contains("\ne164.example. 300 IN SOA ns.e164.example. "), "{printed}");
    let cut = asked.drill(&format!("{FIVE} TYPE65400")).unwrap();
    assert!(cut.contains(";; flags: qr aa tc rd ; QUERY: 1, ANSWER: 0,"), "{cut}");
    let whole = asked.drill(&format!("-t {FIVE} TYPE65400")).unwrap();
    assert_eq!(unknown_records(&whole), asked.statements());
}

#[test]
fn statement_show_reads_what_they_print() {
    let asked = Asked::start();
    let Some(shown) = asked.dig(&format!("{FIVE} TYPE65400")).map(|printed| show(&printed)) else { return };
    for (heading, count) in [("  possession by key ", 1), ("  wishes by key ", 1), ("  mapping by key ", 3)] {
        assert_eq!(shown.matches(heading).count(), count, "{shown}");
    }
    assert!(shown.contains("    endpoint    URI 10 1 \"https://cedar.example/"), "{shown}");
    let short: String = shown.lines().filter(|line| *line != FIVE).map(|line| format!("{line}\n")).collect();
    for options in ["", "+multiline ", "+noall +answer ", "+tcp +nottlid ", "+short "] {
        let expected = if options == "+short " { &short } else { &shown };
        let question = format!("{options}{FIVE} TYPE65400");
        assert_eq!(&show(&asked.dig(&question).unwrap()), expected, "dig {options}");
        if options.contains("ttlid") {
            continue;
        }
        if let Some(printed) = asked.kdig(&question) {
            assert_eq!(&show(&printed), expected, "kdig {options}");
        }
    }
    // Among other types.
    assert_eq!(show(&asked.dig(&format!("{FIVE} ANY")).unwrap()), shown);
    if let Some(printed) = asked.drill(&format!("-t {FIVE} TYPE65400")) {
        assert_eq!(show(&printed), shown);
    }
}

/// What `mimi-dns statement show -` makes of a tool's output.
fn show(printed: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed");
    std::fs::write(&file, printed).unwrap();
    let input = std::fs::File::open(&file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
    let output = command.args(["statement", "show", "-"]).stdin(input).output().unwrap();
    assert!(output.status.success(), "{output:?}\n{printed}");
    String::from_utf8(output.stdout).unwrap()
}
