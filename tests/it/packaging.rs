//! What is installed beside the server speaks of measures, labels and options that there are.

use std::collections::BTreeSet;
use std::process::Command;

use crate::cli::operating::{Operated, zone};

/// Every word of a text that begins so.
fn words<'t>(text: &'t str, start: &str) -> BTreeSet<&'t str> {
    let words = text.split(|found: char| !found.is_ascii_alphanumeric() && found != '_');
    words.filter(|word| word.starts_with(start)).collect()
}

/// The values that a text gives to a label, each alternative of a pattern.
fn values<'t>(text: &'t str, label: &str) -> BTreeSet<&'t str> {
    let quoted = |rest: &'t str| {
        let rest =
            rest.strip_prefix('=').unwrap_or(rest).strip_prefix('~').unwrap_or(rest.trim_start_matches('='));
        rest.trim_start_matches('\\').strip_prefix('"')?.split(['"', '\\']).next()
    };
    text.split(label).skip(1).filter_map(quoted).flat_map(|value| value.split('|')).collect()
}

#[test]
fn alerts_and_dashboard_name_measures_that_there_are() {
    let operated = Operated::start(&[("a.zone", &zone("a.example", 7, ""))], "[\".\"]");
    let (_, told) = operated.get("/metrics");
    let mut measures = BTreeSet::new();
    for line in told.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let end = match kind {
            "counter" => "_total",
            "info" => "_info",
            "histogram" => "_bucket",
            _ => "",
        };
        measures.insert(format!("{name}{end}"));
    }
    for file in ["packaging/prometheus/alerts.yml", "packaging/grafana/dashboard.json"] {
        let text = std::fs::read_to_string(file).unwrap();
        let named = words(&text, "mimi_dns_");
        assert!(named.len() > 5, "{file}: {named:?}");
        for name in named {
            assert!(measures.contains(name), "{file}: {name}");
        }
        for label in ["outcome", "kind"] {
            for value in values(&text, label) {
                assert!(told.contains(&format!("{label}=\"{value}\"")), "{file}: {label}={value}");
            }
        }
    }
    assert_eq!(values("x{outcome=~\"a|b\"} y{outcome=\"c\"}", "outcome"), BTreeSet::from(["a", "b", "c"]));
    let dashboard = std::fs::read("packaging/grafana/dashboard.json").unwrap();
    serde_json::from_slice::<serde_json::Value>(&dashboard).unwrap();
}

#[test]
fn every_command_has_a_manual_page_and_completions() {
    let command = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_mimi-dns")).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man");
    command(&["man-pages", path.to_str().unwrap()]);
    let help = command(&["--help"]);
    let commands: Vec<_> = help.lines().skip_while(|line| *line != "Commands:").skip(1).collect();
    let commands =
        commands.iter().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let commands: Vec<_> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 9, "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = command(&["completions", shell]);
        for name in &commands {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    for name in commands.iter().filter(|name| **name != "help") {
        let page = std::fs::read_to_string(path.join(format!("mimi-dns-{name}.1"))).unwrap();
        assert!(page.contains(".SH DESCRIPTION"), "{name}");
    }
}

/// What systemd would complain of. Left out where there is no systemd.
#[test]
fn the_unit_is_one() {
    let folder = tempfile::tempdir().unwrap();
    // Where it is installed it stands in /usr/bin.
    let unit = std::fs::read_to_string("packaging/mimi-dns.service").unwrap();
    let unit =
        unit.replace("/usr/bin/mimi-dns", env!("CARGO_BIN_EXE_mimi-dns")).replace("man:mimi-dns(1)", "");
    let path = folder.path().join("mimi-dns.service");
    std::fs::write(&path, unit).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&path).output()
    else {
        assert!(std::env::var_os("MIMI_DNS_REQUIRE_PEERS").is_none(), "systemd-analyze is not there");
        return;
    };
    let told = String::from_utf8_lossy(&verified.stderr).into_owned();
    let about_it: Vec<_> = told.lines().filter(|line| line.contains("mimi-dns")).collect();
    assert!(about_it.is_empty(), "{told}");
}

/// The instructions of a container file, continued lines joined, without comments.
fn instructions(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let words = joined.lines().filter_map(|line| line.split_once(' '));
    words.map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).collect()
}

/// It can't be built where there are no images to begin with; what it says of this repository is held here.
#[test]
fn the_container_file_copies_what_there_is_and_its_configuration_is_one() {
    let text = std::fs::read_to_string("packaging/Containerfile").unwrap();
    let ignored = std::fs::read_to_string(".containerignore").unwrap();
    let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('/')).collect();
    let all = instructions(&text);
    let of = |word: &str| {
        all.iter().filter(|(one, _)| one == word).map(|(_, rest)| rest.as_str()).collect::<Vec<_>>()
    };
    for copied in of("COPY") {
        let from = copied.split(' ').next().unwrap();
        if copied.starts_with("--from=build") {
            assert_eq!(copied, "--from=build /src/target/release/mimi-dns /usr/bin/mimi-dns");
            continue;
        }
        assert!(std::path::Path::new(from).exists(), "{copied}");
        assert!(!ignored.iter().any(|path| from.starts_with(path)), "{copied} is ignored");
    }
    // What its `sed` makes of the package's configuration, with its folders elsewhere.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mimi-dns.toml");
    std::fs::copy("packaging/mimi-dns.toml", &path).unwrap();
    let change = of("RUN").into_iter().find(|run| run.starts_with("sed ")).unwrap();
    let change = change.replace("/etc/mimi-dns/mimi-dns.toml", path.to_str().unwrap());
    assert!(Command::new("sh").args(["-c", &change]).status().unwrap().success());
    let changed = std::fs::read_to_string(&path).unwrap();
    assert!(
        !changed.contains("127.0.0.1"),
        "within a container only the container would reach it: {changed}"
    );
    for port in of("EXPOSE").iter().flat_map(|ports| ports.split(' ')) {
        let port = port.split('/').next().unwrap();
        assert!(changed.contains(&format!("\"0.0.0.0:{port}\"")), "{port}: {changed}");
    }
    std::fs::create_dir(folder.path().join("zones")).unwrap();
    let here = changed.replace("/etc/mimi-dns/zones", folder.path().join("zones").to_str().unwrap());
    std::fs::write(&path, here).unwrap();
    let ran =
        Command::new(env!("CARGO_BIN_EXE_mimi-dns")).args(["config", "check"]).arg(&path).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    assert_eq!(of("ENTRYPOINT"), ["[\"mimi-dns\"]"]);
    assert_eq!(of("CMD"), ["[\"serve\", \"--config\", \"/etc/mimi-dns/mimi-dns.toml\"]"]);
    assert_eq!(of("USER"), ["mimi-dns"]);
    // Where it writes, with a file system that is read-only but for volumes.
    let made = of("RUN").concat();
    for line in changed.lines().filter(|line| line.starts_with("state =") || line.starts_with("images =")) {
        let folder = line.split('"').nth(1).unwrap();
        assert!(of("VOLUME").concat().split(' ').any(|volume| volume == folder), "{folder}");
        assert!(made.contains("install -d -o mimi-dns") && made.contains(folder), "{folder}");
    }
}

#[test]
fn the_health_check_of_the_container_tells_a_server_from_none() {
    let text = std::fs::read_to_string("packaging/Containerfile").unwrap();
    let all = instructions(&text);
    let (_, check) = all.iter().find(|(word, _)| word == "HEALTHCHECK").unwrap();
    let (_, check) = check.split_once("CMD ").unwrap();
    let operated = Operated::start(&[("a.zone", &zone("a.example", 7, ""))], "[\".\"]");
    let config = operated.folder.path().join("mimi-dns.toml");
    let check = check.replace("/etc/mimi-dns/mimi-dns.toml", config.to_str().unwrap());
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_mimi-dns"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let healthy =
        || Command::new("sh").args(["-c", &check]).env("PATH", &path).output().unwrap().status.success();
    assert!(healthy());
    let stopped = Command::new(program).args(["control", "stop", "--config"]).arg(&config).status().unwrap();
    assert!(stopped.success());
    let ended = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        !healthy()
    });
    assert!(ended, "the health check passes without a server");
}
