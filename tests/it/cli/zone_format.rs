//! `zone format`.

use std::os::unix::fs::PermissionsExt;

use super::{run, run_with_input};

const UGLY: &str =
    "$ORIGIN a.example.\n$TTL 60 ; a minute\n@ SOA ns h 1 1h 1h 1w 60\n NS ns\n\n\nns A 127.0.0.1\n";
const FAIR: &str = "$ORIGIN a.example.\n$TTL 60  ; a minute\n@       SOA   ns h 1 1h 1h 1w 60\n        NS    ns\n\n\nns      A     127.0.0.1\n";

#[test]
fn the_example_is_laid_out_as_the_command_does_it() {
    let ran = run(&[
        "zone",
        "format",
        "--check",
        "zones/discover.example.zone",
        "zones/find.example.zone",
        "zones/e164.example.zone",
        "zones/example.zone",
        "zones/discover.example/amber.example.statements",
        "zones/discover.example/holders.statements",
    ]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
}

#[test]
fn a_file_is_replaced_and_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.example.zone");
    std::fs::write(&file, UGLY).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let name = file.to_str().unwrap();
    let ran = run(&["zone", "format", "--check", name]);
    assert_eq!((ran.code, ran.out), (1, format!("{name}: would change\n")));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), UGLY);
    let ran = run(&["zone", "format", name]);
    assert_eq!((ran.code, ran.out), (0, format!("{name}: changed\n")));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FAIR);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    for arguments in [&["zone", "format", name][..], &["zone", "format", "--check", name]] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    }
    let ran = run(&["zone", "format", "--check", "--json", name]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json, serde_json::json!({ "files": [{ "file": name, "changed": false }], "findings": [] }));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let ran = run_with_input(&["zone", "format", "-"], UGLY.as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (0, FAIR));
    let ran = run_with_input(&["zone", "format", "--check", "-"], UGLY.as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (1, "-: would change\n"));
    assert_eq!(run(&["zone", "format", "-", "zones/example.zone"]).code, 2);
}

#[test]
fn what_can_not_be_read_stays_as_it_was_and_the_others_are_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let [broken, good] = ["broken.zone", "good.zone"].map(|name| folder.path().join(name));
    std::fs::write(&broken, "a A 1.2.3.4\nb A ( 1.2.3.4\n").unwrap();
    std::fs::write(&good, UGLY).unwrap();
    let (broken, good) = (broken.to_str().unwrap(), good.to_str().unwrap());
    let ran = run(&["zone", "format", "--json", broken, good]);
    assert_eq!(ran.code, 1);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["column"], &finding["code"]),
        (&2.into(), &5.into(), &"unreadable".into())
    );
    assert_eq!(json["files"], serde_json::json!([{ "file": good, "changed": true }]));
    assert_eq!(std::fs::read_to_string(good).unwrap(), FAIR);
    let ran = run(&["zone", "format", broken]);
    assert!(ran.err.contains("broken.zone:2:5: error[unreadable]: the parenthesis"), "{}", ran.err);
    assert_eq!(run(&["zone", "format", "/nowhere/a.zone"]).code, 1);
}
