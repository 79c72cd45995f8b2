use std::path::Path;

use super::example::example;
use super::*;

const PATH: &str = "folder/mimi-dns.toml";

/// What is told of a file, each with its place.
fn told(text: &str) -> Vec<String> {
    let checked = Gathered::read(Layers::new(Path::new(PATH), text, Vec::new()), Named::IsThere).checked();
    assert_eq!(checked.config.is_none(), !checked.findings.is_empty());
    checked.findings.iter().map(|finding| finding.to_string().replace(PATH, "")).collect()
}

fn read(text: &str) -> Config {
    let layers = Layers::new(Path::new(PATH), text, Vec::new());
    let mut faults = Faults::default();
    // Without a look at the whole: examples of keys need not fit together.
    let lines = layers.lines();
    let file = read_document(&layers, &lines, &mut faults);
    let findings = faults.locate(&layers);
    assert!(
        findings.is_empty(),
        "{}",
        findings.iter().map(|finding| format!("{finding}\n")).collect::<String>()
    );
    let (mut file, _) = file.unwrap();
    layers.resolve(&mut file);
    Config::of(&file)
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(read("version = 1"), Config::default());
}

#[test]
fn the_defaults_are_those_of_the_server() {
    let config = Config::default();
    assert_eq!(config.rates, RateLimits::default());
    assert_eq!(config.connections, ConnectionLimits::default());
    // Settings have no equality; their debug form shows every field.
    assert_eq!(format!("{:?}", config.settings(None)), format!("{:?}", Settings::default()));
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let text = r#"version = 1
stat = "x"
state = 5

[listen]
dns = ["127.0.0.1", "127.0.0.1:53", 53]

[conections]
most = 1

[connections]
most = 0
idle_seconds = "10s"

[zones]
paths = ["no-such.zone"]
alow_outside = true

[log]
level = "inof"
"#;
    assert_eq!(
        told(text),
        [
            ":2:1: error[unknown-key]: `stat` is not known; did you mean `state`?",
            ":3:9: error[wrong-type]: here stands a whole number; it must be the path of a file or folder in quotation marks",
            ":6:8: error[bad-value]: `127.0.0.1` can't be read; \
             it must be an address and a port, as \"192.0.2.53:53\" or \"[2001:db8::53]:53\"",
            ":6:37: error[wrong-type]: here stands a whole number; \
             it must be an address and a port, as \"192.0.2.53:53\" or \"[2001:db8::53]:53\"",
            ":8:2: error[unknown-key]: `conections` is not known; did you mean `connections`?",
            ":12:8: error[out-of-range]: 0 is out of range; it must be a whole number from 1 to 1000000",
            ":13:16: error[wrong-type]: here stands text; it must be a whole number from 1 to 3600",
            ":16:10: error[unreadable-file]: `no-such.zone` can't be read: No such file or directory (os error 2); \
             paths are taken from this file's folder",
            ":17:1: error[unknown-key]: `alow_outside` is not known; did you mean `allow_outside`?",
            ":20:9: error[bad-value]: `inof` is not known; did you mean \"info\"?",
        ]
    );
}

#[test]
fn broken_toml_does_not_hide_the_rest() {
    let told =
        told("version = 1\nstate = \n[log]\nlevel = \"loud\"\nformat = yes\nformat = \"json\"\n[metrics\n");
    let places: Vec<&str> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, [":2:9", ":4:9", ":5:10", ":6:1", ":7:9"], "{told:#?}");
    assert!(told[0].contains("error[no-toml]"), "{told:#?}");
    assert!(told[1].contains("error[bad-value]"), "{told:#?}");
}

#[test]
fn a_file_of_another_version_is_told_so_and_nothing_else() {
    for (text, place) in [
        ("", ":1:1"),
        ("state = 5", ":1:1"),
        ("version = 2\nnew_key = 1", ":1:11"),
        ("\nversion = \"1\"", ":2:11"),
    ] {
        let told = told(text);
        let [fault] = told.as_slice() else { panic!("{told:#?}") };
        assert!(fault.starts_with(&format!("{place}: error[unknown-version]: ")), "{fault}");
    }
}

#[test]
fn paths_are_taken_from_the_files_folder() {
    let config = read("version = 1\nstate = \"s\"\n[zones]\npaths = [\"a.zone\", \"/b\"]\n");
    assert_eq!(config.state.as_deref(), Some(Path::new("folder/s")));
    let paths: Vec<_> = config.zones.iter().map(|source| source.path.as_path()).collect();
    assert_eq!(paths, [Path::new("folder/a.zone"), Path::new("/b")]);
}

#[test]
fn encrypted_transports_need_a_certificate() {
    let text = "version = 1\n[listen]\nquic = [\"127.0.0.1:853\"]\n";
    let line = |text: &str| told(text).concat();
    assert!(line(text).starts_with(":3:9: error[no-certificate]: "), "{}", line(text));
    let text = format!("{text}[certificate]\nkey = \"key.pem\"\n");
    assert!(line(&text).starts_with(":5:7: error[no-certificate]: a key without"), "{}", line(&text));
    let text = format!("{text}chain = \"chain.pem\"\n");
    assert!(
        line(&text).starts_with(":6:9: error[bad-certificate]: folder/chain.pem: No such file"),
        "{}",
        line(&text)
    );
    let config = read(&text);
    assert_eq!(config.encrypted, [(Transport::Quic, "127.0.0.1:853".parse().unwrap())]);
    assert_eq!(config.certificate.unwrap().key, Path::new("folder/key.pem"));
}

#[test]
fn an_address_is_listened_at_once() {
    let text = "version = 1\n[listen]\ndns = [\"[::1]:53\", \"127.0.0.1:53\", \"[::1]:53\"]\n\
                tls = [\"127.0.0.1:53\", \"127.0.0.1:853\", \"127.0.0.1:0\"]\n\
                https = [\"127.0.0.1:0\"]\n\
                quic = [\"127.0.0.1:853\", \"127.0.0.1:53\"]\n\
                [metrics]\nlisten = \"127.0.0.1:853\"\n";
    let twice: Vec<String> =
        told(text).into_iter().filter(|fault| fault.contains("error[address-twice]")).collect();
    let places: Vec<&str> = twice.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, [":3:36", ":4:8", ":6:26", ":8:10"], "{twice:#?}");
    let text = "version = 1\n[metrics]\nlisten = \"127.0.0.1:5300\"\n";
    assert_eq!(
        told(text),
        [":3:10: error[address-twice]: 127.0.0.1:5300 is listened at already; \
          take one away, or give it another port"]
    );
}

#[test]
fn cookies_that_are_required_are_given() {
    let told = told("version = 1\n[cookies]\nenabled = false\nrequire = true\n");
    assert_eq!(
        told,
        [":4:11: error[no-cookies]: cookies are required, and none are given; \
          say `enabled = true`, or leave both out"]
    );
}

#[test]
fn a_group_is_that_of_a_user() {
    let group = "version = 1\ngroup = \"nogroup\"\n";
    assert_eq!(
        told(group),
        [":2:9: error[no-user]: a group, and no user to become: the server would stay who it is; \
          name a `user` too, or leave both out"]
    );
    assert_eq!(read(&format!("{group}user = \"nobody\"\n")).group.as_deref(), Some("nogroup"));
    assert!(told(&format!("{group}user = \"nobody\"\n")).is_empty());
}

#[test]
fn policies_of_signing_fit_together() {
    let faults = |text: &str| {
        let told = told(&format!("version = 1\n{text}"));
        let code = |line: &String| line.split("]: ").next().unwrap().replace(" error[", " ");
        told.iter().map(code).collect::<Vec<_>>()
    };
    assert_eq!(faults("[[signing]]\n"), [":1:1: no-state"]);
    assert_eq!(faults("state = \"a\"\nimages = \"a\"\n"), [":3:10: same-folder"]);
    assert_eq!(faults("keys = \"k\"\n[[signing]]\n[[signing]]\nzones = [\"a.example\"]\n"), [""; 0]);
    let state = "state = \"s\"\n";
    assert_eq!(faults(&format!("{state}[[signing]]\n[[signing]]\n")), [":1:1: zone-twice"]);
    let twice = "[[signing]]\nzones = [\"a.example\", \"b.example\", \"A.example.\"]\n";
    assert_eq!(faults(&format!("{state}{twice}")), [":4:36: zone-twice"]);
    let short = "[[signing]]\nvalidity = \"7d\"\nrefresh = \"167h\"\njitter = \"1h\"\n";
    assert_eq!(faults(&format!("{state}{short}")), [":5:11: short-validity"]);
    let wrong = "[[signing]]\nvalidity = \"soon\"\nrefresh = \"0s\"\nzones = [\"a..b\"]\nalgorithm = 8\n";
    let codes = [":4:12: bad-value", ":5:11: out-of-range", ":6:10: bad-value", ":7:13: wrong-type"];
    assert_eq!(faults(&format!("{state}{wrong}")), codes);
    assert_eq!(faults(&format!("{state}[signing]\n")), [":3:1: wrong-type"]);
    let config = read(&format!("version = 1\n{state}[[signing]]\nzsk_lifetime = \"90d\"\n"));
    assert_eq!(config.keys.as_deref(), Some(Path::new("folder/s/keys")));
    assert_eq!(config.signing[0].keys.zsk_lifetime, Some(90 * 86_400));
}

#[test]
fn secrets_of_cookies_are_looked_at() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("version = 1\n[cookies]\nsecrets = {:?}\n", file.path());
    std::fs::write(file.path(), "0123secret\n").unwrap();
    let [fault] = told(&text).try_into().unwrap();
    assert!(fault.starts_with(":3:11: error[bad-secrets]: no cookie secrets in "), "{fault}");
    assert!(fault.contains("a cookie secret is 32 hexadecimal digits") && !fault.contains("0123secret"));
    std::fs::write(file.path(), "e5e973e5a6b2a43f48e7dc849e37bfcf\n").unwrap();
    assert!(told(&text).is_empty());
}

#[test]
fn unreadable_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mimi-dns.toml");
    for octets in [None, Some(b"\xff".to_vec()), Some(vec![b'#'; 2 << 20])] {
        if let Some(octets) = octets {
            std::fs::write(&file, octets).unwrap();
        }
        let checked = Config::load(&file, Named::IsThere);
        assert!(checked.config.is_none());
        assert_eq!(checked.findings[0].code, "unreadable-file");
    }
    assert_eq!(Config::load(folder.path(), Named::IsThere).findings[0].code, "unreadable-file");
}

/// The example with every key that a line holds back, where `takes` says so of the line before it.
fn uncommented(takes: impl Fn(&str) -> bool) -> String {
    let (mut text, mut before) = (String::new(), "");
    let example = example();
    for line in example.lines() {
        match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') && (takes(before) || key.starts_with('[')) => {
                text.push_str(key)
            }
            _ => text.push_str(line),
        }
        text.push('\n');
        before = line;
    }
    text
}

#[test]
fn the_example_is_what_stands_in_the_docs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mimi-dns.toml");
    let stands = std::fs::read_to_string(path).unwrap();
    assert!(stands == example(), "cargo run -- config example > docs/mimi-dns.toml");
}

#[test]
fn the_example_states_the_defaults() {
    assert_eq!(read(&example()), Config::default());
    let signing = vec![signing::Signing::default().policy()];
    let config = Config { signing, ..Config::default() };
    assert_eq!(read(&uncommented(|before| before.ends_with("Default:"))), config);
}

#[test]
fn every_example_of_a_key_is_understood() {
    let config = read(&uncommented(|_| true));
    assert_ne!(config, Config::default());
    assert!(config.metrics.is_some() && config.state.is_some());
}

#[test]
fn the_configurations_of_the_operators_book_are_understood() {
    let mut count = 0;
    for chapter in std::fs::read_dir("docs/book/src").unwrap() {
        let chapter = std::fs::read_to_string(chapter.unwrap().path()).unwrap();
        for block in chapter.split("```toml\n").skip(1) {
            read(block.split("```").next().unwrap());
            count += 1;
        }
    }
    assert!(count >= 2, "{count} configurations");
}

#[test]
fn a_key_under_the_wrong_table_is_told_where_it_belongs() {
    for (text, expected) in [
        ("version = 1\n[log]\nuser = \"x\"\n", "it belongs before the first table"),
        ("version = 1\nlevel = \"info\"\n", "it belongs under [log]"),
        (
            "version = 1\n[[zone]]\nname = \"a\"\nfile = \"/dev/null\"\ndns = []\n",
            "it belongs under [listen]",
        ),
    ] {
        let told = told(text);
        assert!(told.iter().any(|one| one.contains("unknown-key") && one.ends_with(expected)), "{told:?}");
    }
}
