//! `zone import` and `zone export`.

use super::zone_diff::{HEAD, Sources};
use super::{run, run_with_input};

const TABLE: &str = "identifier,msp,uri\n\
    +442079460148,amber.example,mimi://amber.example/u/1\n\
    +442079460148,amber.example,https://amber.example/directory\n\
    jo@example.org,birch.example,mimi://birch.example/u/2\n";

#[test]
fn a_table_is_imported_signed_served_and_exported() {
    let sources = Sources::new();
    let table = sources.write("users.csv", TABLE);
    let drafts = sources.path("users.drafts");
    let drafts = drafts.to_str().unwrap();
    let ran = run(&["zone", "import", &table, "-o", drafts, "--set", "proof=sms,now", "--set", "ttl=5m"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(
        ran.err.ends_with("users.drafts: written; 3 rows, 2 identifiers, 0 errors, 0 warnings\n"),
        "{}",
        ran.err
    );
    let amber = sources.path("keys/amber.example.pem");
    let birch = sources.path("keys/birch.example.pem");
    // `sign=-` is whoever's key is given: each provider signs its own table.
    let text = std::fs::read_to_string(drafts).unwrap();
    let (one, other) = text.split_at(text.rfind("$IDENTIFIER").unwrap());
    for (name, drafts, key) in [("one", one, amber), ("other", other, birch)] {
        let unsigned = sources.write("unsigned", drafts);
        let output = sources.path(name);
        let signed =
            ["statement", "sign", &unsigned, "--key", key.to_str().unwrap(), "-o", output.to_str().unwrap()];
        assert_eq!(run(&signed).code, 0);
    }
    let zone = sources.write("a.example.zone", &format!("{HEAD}$INCLUDE one\n$INCLUDE other\n"));
    let ran = run(&["zone", "check", &zone]);
    assert!(
        ran.out.contains("2 identifiers, 2 statements\n1 files: 0 errors, 0 warnings"),
        "{}{}",
        ran.out,
        ran.err
    );

    for (name, format) in [("all.csv", "csv"), ("all.jsonl", "jsonl")] {
        let exported = sources.path(name);
        let exported = exported.to_str().unwrap();
        assert_eq!(run(&["zone", "export", &zone, "-o", exported]).code, 0);
        let to_output = run(&["zone", "export", &zone, "--format", format]);
        assert_eq!(to_output.out, std::fs::read_to_string(exported).unwrap());
        let again = sources.path("again.zone");
        let again = again.to_str().unwrap();
        let ran = run(&["zone", "import", exported, "-o", again]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let ran = run(&["zone", "diff", &zone, again]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "a.example. serial 7: the same\n"));
    }
    let ran = run(&["zone", "export", &zone, "--identifiers"]);
    assert_eq!(ran.out.lines().count(), 3);
    assert!(ran.out.contains("mimi://birch.example/u/2,"), "{}", ran.out);
    assert!(!ran.out.contains("SOA"));
}

#[test]
fn faults_are_told_by_line_and_nothing_is_written() {
    let sources = Sources::new();
    let broken = TABLE
        .replace("jo@example.org", "jo@")
        .replace("mimi://amber.example/u/1", "mimi://elsewhere.example/");
    let table = sources.write("users.csv", &broken);
    let output = sources.write("users.drafts", "before");
    let ran = run(&["zone", "import", &table, "-o", &output, "--set", "proof=sms,now"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("users.csv:2:1: error[bad-statement]"), "{}", ran.err);
    assert!(ran.err.contains("users.csv:4:1: error[bad-identifier]"), "{}", ran.err);
    assert!(ran.err.contains("nothing was written; 3 rows"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "before");
    assert_eq!(std::fs::read_dir(sources.0.path()).unwrap().count(), 3, "no file is left over");

    // More rows than are written at a time stand before a bad one.
    let rows: String =
        (0..2_000).map(|n| format!("+44207946{n:04},amber.example,mimi://amber.example/u/{n}\n")).collect();
    let long = sources
        .write("long.csv", &format!("identifier,msp,uri\n{rows}jo@,amber.example,mimi://amber.example/\n"));
    let ran = run(&["zone", "import", &long, "-o", "-", "--set", "proof=sms,now"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("-: nothing was written; 2001 rows"), "{}", ran.err);
    let semicolons = TABLE.replace(',', ";");
    let ran = run(&["zone", "import", &sources.write("europe.csv", &semicolons), "-o", &output]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("europe.csv:1:1: error[unknown-column]: the columns are divided by `;`"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("nothing was written; 1 rows, 0 identifiers, 1 errors"), "{}", ran.err);

    let ran =
        run(&["zone", "import", &table, "-o", &output, "--set", "proof=sms,now", "--json", "--errors", "1"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["errors"], 1);
    assert_eq!(json["findings"][0]["code"], "bad-statement");
    assert_eq!(run(&["zone", "import", &table, "-o", &output, "--set", "prof=sms"]).code, 2);
    assert_eq!(run(&["zone", "import", "-", "-o", &output]).code, 2);
}

#[test]
fn many_rows_go_through_a_pipe() {
    let mut table = String::from("identifier,service,uri,ttl\n");
    for number in 0..2_000 {
        table.push_str(&format!("+4420{number:08},E2U+sip,sip:{number}@pbx.example,300\n"));
    }
    let arguments = ["zone", "import", "-", "-o", "-", "--format", "csv", "--enum", "e164.example"];
    let ran = run_with_input(&arguments, table.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 2_000);
    assert!(ran.out.contains(
        "9.9.9.1.0.0.0.0.0.2.4.4.e164.example. 300 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:1999@pbx.example!\" .\n"
    ));
}

#[test]
fn an_import_that_is_killed_leaves_nothing() {
    use std::io::Write;
    let sources = Sources::new();
    let output = sources.path("users.drafts");
    // What a process that is no more left.
    std::fs::write(sources.path(&format!("users.drafts.{}.part", i32::MAX)), "tel:+442079460148").unwrap();
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::WRONLY;
    if rustix::fs::open(sources.0.path(), flags, Mode::from_raw_mode(0o600)).is_err() {
        return; // Where every file has a name, one is left until the next write.
    }
    // Nobody can have told their children to pass these over, or hardly so.
    for signal in ["-TERM", "-KILL"] {
        let arguments = [
            "zone",
            "import",
            "-",
            "-o",
            output.to_str().unwrap(),
            "--format",
            "csv",
            "--enum",
            "e164.example",
        ];
        let mut command = super::command(&arguments);
        let mut child =
            command.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut table = String::from("identifier,service,uri,ttl\n");
        for number in 0..20_000 {
            table.push_str(&format!("+4420{number:08},E2U+sip,sip:{number}@pbx.example,300\n"));
        }
        // More than a pipe holds: the first of it has been read, and waits for more.
        stdin.write_all(table.as_bytes()).unwrap();
        let killed = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert!(!child.wait().unwrap().success());
        let names: Vec<_> =
            sources.0.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["keys"], "{signal}");
    }
}

#[test]
fn a_table_of_nobody_is_an_error_unless_it_is_meant() {
    let sources = Sources::new();
    let output = sources.write("users.drafts", "before");
    let import = |name: &str, text: &str, more: &[&str]| {
        let table = sources.write(name, text);
        run(&[&["zone", "import", &table, "-o", &output], more].concat())
    };
    let head = "identifier,msp,uri\n";
    for (name, text, more) in [
        ("a.csv", "", &[][..]),
        ("a.csv", "\n\n", &[]),
        ("a.csv", "", &["--allow-empty"]),
        ("a.csv", head, &[]),
        ("a.jsonl", "", &[]),
        ("a.jsonl", "\n", &[]),
    ] {
        let ran = import(name, text, more);
        assert_eq!(ran.code, 1, "{name} {text:?}: {}", ran.err);
        assert!(
            ran.err.contains("error[no-rows]: ") && ran.err.contains("nothing was written"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(" 0 identifiers, 1 errors"), "{}", ran.err);
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "before");
    }
    for (name, text) in [("a.csv", head), ("a.jsonl", "")] {
        std::fs::write(&output, "before").unwrap();
        let ran = import(name, text, &["--allow-empty"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "");
    }
}
