//! `config show`, and what the environment and the command line set in place of the file.

use super::{command, run};

/// A configuration in a folder of its own.
fn config(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mimi-dns.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

#[test]
fn what_is_in_force_is_shown_with_where_it_comes_from() {
    let (_folder, file) = config("version = 1\n[log]\nlevel = \"warn\"\nformat = \"json\"\n");
    let shown = command(&["config", "show", &file, "--set", "log.level=debug"])
        .env("MIMI_DNS__LOG__LEVEL", "error")
        .env("MIMI_DNS__METRICS__LAME_DUCK", "10s")
        .output()
        .unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "level = \"debug\"  # --set log.level".to_owned(),
        format!("format = \"json\"  # {file}:4"),
        "lame_duck = \"10s\"  # MIMI_DNS__METRICS__LAME_DUCK".to_owned(),
        "slip = 1  # default".to_owned(),
        "# nsid is not set".to_owned(),
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}:\n{text}");
    }
    let (_folder, again) = config(&text);
    assert_eq!(run(&["config", "check", &again]).code, 0);
    assert!(run(&["config", "show"]).out.contains("level = \"info\"  # default\n"));
}

#[test]
fn options_of_the_server_are_shown_as_what_they_set() {
    let (folder, file) =
        config("version = 1\n[listen]\ndns = [\"127.0.0.1:53\"]\n[zones]\npaths = [\"zones\"]\n");
    let mut show = command(&["config", "show", &file, "more", "/srv/a.zone"]);
    show.args(["--listen", "127.0.0.1:5301", "--listen", "[::1]:5301", "--metrics", "127.0.0.1:9530"]);
    let shown =
        show.args(["--allow-outside", "--set", "listen.dns=[]"]).current_dir(&folder).output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    let at = folder.path().canonicalize().unwrap();
    for line in [
        "dns = [\"127.0.0.1:5301\", \"[::1]:5301\"]  # --listen".to_owned(),
        "listen = \"127.0.0.1:9530\"  # --metrics".to_owned(),
        "allow_outside = true  # --allow-outside".to_owned(),
        format!(
            "paths = [{:?}, {:?}, \"/srv/a.zone\"]  # {file}:5, PATH, PATH",
            folder.path().join("zones"),
            at.join("more")
        ),
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}:\n{text}");
    }
    let twice = run(&["config", "check", &file, "--metrics", "127.0.0.1:53", "--set", "zones.paths=[]"]);
    assert_eq!(twice.code, 1);
    assert!(twice.out.starts_with("--metrics:1:1: error[address-twice]: "), "{}", twice.out);
}

#[test]
fn what_can_not_be_set_is_told_with_where_it_stands() {
    let (_folder, file) = config("version = 1\n[log]\nlevel = \"loud\"\n");
    let checked = command(&["config", "check", &file, "--set", "log.fromat=json"])
        .env("MIMI_DNS__ZONNES__PATHS", "[]")
        .output()
        .unwrap();
    assert_eq!(checked.status.code(), Some(1));
    let text = String::from_utf8(checked.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.trim_start_matches(&file)).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with(":3:9: error[bad-value]: `loud`"), "{text}");
    assert!(lines[1].starts_with("MIMI_DNS__ZONNES__PATHS:1:1: error[unknown-key]"), "{text}");
    assert!(lines[1].ends_with("did you mean `zones`?"), "{text}");
    assert!(lines[2].ends_with("`fromat` is not known; did you mean `format`?"), "{text}");
    let refused = run(&["serve", "zones", "--set", "log.level=loud"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.starts_with("--set log.level:1:1: error[bad-value]"), "{}", refused.err);
    assert_eq!(run(&["serve", "zones", "--set", "log.level"]).code, 2);
}

#[test]
fn a_configuration_is_checked_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    std::fs::write(&file, "version = 1\n[log]\nlevel = \"loud\"\n").unwrap();
    let file = file.to_str().unwrap();
    let told = |ran: &super::Ran| serde_json::from_str::<serde_json::Value>(&ran.out).unwrap();
    let ran = run(&["config", "check", "--json", file]);
    let json = told(&ran);
    assert_eq!((ran.code, &json["ok"]), (1, &false.into()));
    let finding = &json["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["line"], &finding["column"]),
        (&"bad-value".into(), &3.into(), &9.into())
    );
    // A list is set as TOML has it.
    let ran = run(&[
        "config",
        "check",
        "--json",
        file,
        "--set",
        "log.level=info",
        "--set",
        "listen.dns=[\"127.0.0.1:5399\"]",
    ]);
    assert_eq!((ran.code, &told(&ran)["ok"]), (0, &true.into()), "{}", ran.out);
}
