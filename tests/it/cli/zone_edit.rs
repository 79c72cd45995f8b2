//! `zone add`, `zone remove` and `zone move`.

use super::zone_diff::{HEAD, Sources};
use super::{Ran, run};

fn edit(arguments: &[&str]) -> Ran {
    run(&[&["zone"], arguments, &["--allow-outside"]].concat())
}

fn read(file: &str) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// A statement as the commands write it.
fn mapping(msp: &str, path: &str) -> String {
    format!(
        "@ MIMISIG mapping now-1h +9d issuer={msp}.example. proof=sms,20260101000000 \
         endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://{msp}.example/u/{path}!\\\" .\" \
         sign=keys/{msp}.example.pem\n"
    )
}

const NUMBER: &str = "+442079460148";

fn endpoint<'a>(msp: &'a str, words: &'a [String; 2]) -> Vec<&'a str> {
    vec!["--uri", &words[0], "--sign", &words[1], msp]
}

fn words(msp: &str, path: &str) -> [String; 2] {
    [format!("mimi://{msp}.example/u/{path}"), format!("keys/{msp}.example.pem")]
}

#[test]
fn an_identifier_is_added_moved_and_removed() {
    let sources = Sources::new();
    let before = format!("; our zone\n{HEAD}; the end");
    let file = sources.write("a.zone", &before);
    let proof = ["--proof", "sms,20260101000000"];
    let [amber, birch] = [words("amber", "1"), words("birch", "2")];
    let add = |more: &[&str], words: &[String; 2], msp: &str| {
        let msp = format!("--msp={msp}.example");
        edit(&[&["add", &file, NUMBER], &endpoint(&msp, words)[..], &proof, more].concat())
    };

    let ran = add(&["--dry-run"], &amber, "amber");
    let expected = format!(
        "--- {file}\n+++ {file}\n@@ -1,8 +1,11 @@\n ; our zone\n $ORIGIN a.example.\n $TTL 300\n\
         -@ SOA ns h 7 1h 1h 1w 60\n+@ SOA ns h 8 1h 1h 1w 60\n @ NS ns\n ns A 127.0.0.1\n {}\
         -; the end\n\\ No newline at end of file\n+; the end\n+\n+$IDENTIFIER tel:{NUMBER}\n+{}",
        HEAD.lines().last().unwrap().to_owned() + "\n",
        mapping("amber", "1"),
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, expected);
    assert_eq!(read(&file), before, "a dry run changes nothing");

    let ran = add(&[], &amber, "amber");
    assert!(
        ran.out.starts_with("a.example. serial 7 -> 8\n+ tel:+442079460148: amber.example.\n"),
        "{}",
        ran.out
    );
    let raised = |serial: &str| before.replace(" 7 ", &format!(" {serial} "));
    let section = |records: &str| format!("\n\n$IDENTIFIER tel:{NUMBER}\n{records}");
    assert_eq!(read(&file), raised("8") + &section(&mapping("amber", "1")));

    let move_to_birch = || {
        let uri = ["--uri", &birch[0], "--sign", &birch[1], proof[0], proof[1]];
        edit(&[&["move", &file, NUMBER, "--to", "birch.example"], &uri[..]].concat())
    };
    let ran = move_to_birch();
    assert!(
        ran.out.contains("~ tel:+442079460148: amber.example. -> birch.example.\n"),
        "{}{}",
        ran.out,
        ran.err
    );
    assert_eq!(read(&file), raised("9") + &section(&mapping("birch", "2")));

    assert_eq!(add(&[], &amber, "amber").code, 0);
    assert_eq!(
        read(&file),
        raised("10") + &section(&[mapping("birch", "2"), mapping("amber", "1")].concat())
    );
    let ran = move_to_birch();
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("say with --from which one it leaves"), "{}", ran.err);

    assert_eq!(edit(&["remove", &file, NUMBER, "--msp", "birch.example"]).code, 0);
    assert_eq!(read(&file), raised("11") + &section(&mapping("amber", "1")));
    let ran = edit(&["remove", &file, NUMBER, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["identifiers"][0]["change"], "removed");
    assert_eq!(read(&file), raised("12") + "\n");
    let ran = edit(&["remove", &file, NUMBER]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no such record: nothing was changed"), "{}", ran.err);
}

#[test]
fn what_stands_around_and_in_included_files_stays() {
    let sources = Sources::new();
    let other = "$IDENTIFIER tel:+442079460149\n@ TXT \"other\" ; theirs\n";
    let ours = format!(
        "; theirs first\n\n$IDENTIFIER tel:{NUMBER}   ; Jo\n@ TXT \"a\" ; first\n  TXT \"b\"\n; between\n{}\n{other}",
        mapping("amber", "1")
    );
    let include = sources.write("users.inc", &ours);
    let main =
        format!("{HEAD}$INCLUDE users.inc\nwww A 127.0.0.2\n    A 127.0.0.3 ; two\nlast A 127.0.0.4\n");
    let file = sources.write("a.zone", &main);
    assert_eq!(edit(&["add", &file, NUMBER, "--type", "TXT", "--data", "\"c ; d\"", "--ttl", "60"]).code, 0);
    let added =
        ours.replace(&mapping("amber", "1"), &format!("{}@ 60 TXT \"c ; d\"\n", mapping("amber", "1")));
    assert_eq!(read(&include), added);
    assert_eq!(read(&file), main.replace(" 7 ", " 8 "));
    let ran = edit(&["remove", &file, NUMBER]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(read(&include), format!("; theirs first\n\n; between\n\n{other}"));

    assert_eq!(
        edit(&[
            "add",
            &file,
            "--owner",
            "www.a.example.",
            "--type",
            "AAAA",
            "--data",
            "::1",
            "--serial",
            "keep"
        ])
        .code,
        0
    );
    assert!(
        read(&file).contains("    A 127.0.0.3 ; two\nwww.a.example. AAAA ::1\nlast A"),
        "{}",
        read(&file)
    );
    assert_eq!(edit(&["remove", &file, "--owner", "www.a.example.", "--type", "A"]).code, 0);
    assert!(read(&file).contains("$INCLUDE users.inc\nwww.a.example. AAAA ::1\nlast A"), "{}", read(&file));
    assert!(read(&file).contains(" h 10 1h"), "{}", read(&file));
}

#[test]
fn what_would_break_the_zone_is_refused() {
    let sources = Sources::new();
    let wishes = "@ MIMISIG wishes now-7d +300d holder=@keys/holders/01.pem at=\"amber.example 0\" at=\"birch.example 1\" sign=keys/holders/01.pem\n";
    let held = mapping("amber", "1")
        .replace("proof=sms,20260101000000", "holder=@keys/holders/01.pem consent=now-7d");
    let text = format!("{HEAD}\n$IDENTIFIER tel:{NUMBER}\n{wishes}{held}");
    let file = sources.write("a.zone", &text);
    let [birch, cedar] = [words("birch", "2"), words("cedar", "3")];
    for (arguments, fault) in [
        (vec!["add", &file, NUMBER, "--type", "A", "--data", "1.2.3"], "error[bad-data]"),
        (vec!["add", &file, NUMBER, "--type", "CNAME", "--data", "x."], "error[cname-and-other-data]"),
        (
            vec![
                "add",
                &file,
                NUMBER,
                "--msp",
                "amber.example",
                "--uri",
                "mimi://birch.example/",
                "--proof",
                "sms,now",
                "--sign",
                &birch[1],
            ],
            "error[bad-statement]",
        ),
        (
            vec!["add", &file, NUMBER, "--msp", "birch.example", "--uri", &birch[0], "--proof", "sms,now"],
            "error[bad-key]",
        ),
        (
            vec!["add", &file, "--owner", "x.elsewhere.", "--type", "A", "--data", "1.2.3.4"],
            "x.elsewhere. is no name of the zone a.example.",
        ),
        (
            vec!["add", &file, "--owner", "ns", "--type", "A", "--data", "127.0.0.1"],
            "has that record already",
        ),
        (vec!["add", &file, "--owner", "..", "--type", "A", "--data", "127.0.0.1"], "`..`"),
        (vec!["remove", &file, "--owner", "@"], "the zone's last NS record"),
        (vec!["remove", &file, "--owner", "@", "--type", "NS"], "the zone's last NS record"),
        (vec!["remove", &file, "--owner", "a.example.", "--type", "SOA"], "none without its SOA"),
        (
            vec!["add", &file, "--owner", "a.example.", "--type", "SOA", "--data", "a. b. 1 2 3 4 5"],
            "error[second-soa]",
        ),
        (
            vec!["move", &file, NUMBER, "--to", "cedar.example", "--uri", &cedar[0], "--sign", &cedar[1]],
            "do not list cedar.example.",
        ),
        (vec!["remove", &file, "--owner", "a.example.", "--type", "TXT"], "no such record"),
        (vec!["remove", "/nowhere/a.zone", NUMBER], "error[unreadable-file]"),
    ] {
        let ran = edit(&arguments);
        assert_eq!(ran.code, if fault == "`..`" { 2 } else { 1 }, "{arguments:?}");
        assert!(ran.err.contains(fault), "{arguments:?}: {}", ran.err);
        assert_eq!(read(&file), text);
    }
    assert_eq!(edit(&["add", &file, "--type", "A"]).code, 2);
    // What the wishes list is taken from them.
    let ran =
        edit(&["move", &file, NUMBER, "--to", "birch.example", "--uri", &birch[0], "--sign", &birch[1]]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = run(&["zone", "check", "--allow-outside", &file]);
    assert!(ran.out.ends_with("1 files: 0 errors, 0 warnings\n"), "{}", ran.out);
}

/// Of two statements of one provider from the same time neither would be believed.
#[test]
fn a_second_endpoint_at_a_provider_belongs_into_its_statement() {
    let sources = Sources::new();
    let text = format!("{HEAD}\n$IDENTIFIER tel:{NUMBER}\n{}", mapping("amber", "1"));
    let file = sources.write("a.zone", &text);
    let [one, two] = [words("amber", "1"), words("amber", "2")];
    let uris = ["--uri", &two[0], "--sign", &two[1], "--proof", "sms,20260101000000"];
    let ran = edit(&[&["add", &file, NUMBER, "--msp", "amber.example"], &uris[..]].concat());
    assert_eq!((ran.code, read(&file)), (1, text));
    assert!(ran.err.contains("`zone move --from amber.example. --to amber.example.`"), "{}", ran.err);
    let parties = ["--from", "amber.example.", "--to", "amber.example.", "--uri", &one[0]];
    let ran = edit(&[&["move", &file, NUMBER], &parties[..], &uris].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(read(&file).matches(" MIMISIG ").count(), 1);
    for uri in [&one[0], &two[0]] {
        assert!(read(&file).contains(&format!("!{uri}!")), "{}", read(&file));
    }
    // One whose time is over is in nobody's way.
    let over = mapping("amber", "1").replace("now-1h +9d", "20260101000000 20260102000000");
    let file = sources.write("a.zone", &format!("{HEAD}\n$IDENTIFIER tel:{NUMBER}\n{over}"));
    let ran = edit(&[&["add", &file, NUMBER, "--msp", "amber.example"], &uris[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn what_moves_keeps_its_ttl_and_its_comments() {
    let sources = Sources::new();
    let former = mapping("amber", "1")
        .replace("@ MIMISIG", "@ 17m MIMISIG (; Jo's\n")
        .replace(" sign=", "\n ; weekly\n sign=");
    let former = former.replace(".pem\n", ".pem ) ; until May\n");
    let section = format!("$IDENTIFIER tel:{NUMBER} ; here\n");
    let file = sources.write("a.zone", &format!("{HEAD}{section}{former}"));
    let birch = words("birch", "2");
    let to =
        ["--to", "birch.example", "--uri", &birch[0], "--sign", &birch[1], "--proof", "sms,20260101000000"];
    let ran = edit(&[&["move", &file, NUMBER], &to[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let moved =
        mapping("birch", "2").replace("@ MIMISIG", "@ 17m MIMISIG").replace(".pem\n", ".pem ; until May\n");
    assert_eq!(read(&file), format!("{}{section}; Jo's\n; weekly\n{moved}", HEAD.replace(" 7 ", " 8 ")));
}

#[test]
fn names_are_those_of_the_zone_as_in_its_text() {
    let sources = Sources::new();
    let file = sources.write("a.zone", HEAD);
    for (owner, line) in [("www", "www.a.example. A 127.0.0.9\n"), ("@", "a.example. A 127.0.0.9\n")] {
        assert_eq!(edit(&["add", &file, "--owner", owner, "--type", "A", "--data", "127.0.0.9"]).code, 0);
        assert!(read(&file).contains(line), "{}", read(&file));
        let ran = edit(&["remove", &file, "--owner", owner, "--type", "A"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn edits_at_the_same_time_are_all_done() {
    let sources = Sources::new();
    let file = sources.write("a.example.zone", HEAD);
    let names = ["one", "two", "three", "four", "five", "six"];
    std::thread::scope(|scope| {
        for name in names {
            let owner = format!("{name}.a.example.");
            let file = &file;
            scope.spawn(move || {
                let ran = edit(&["add", file, "--owner", &owner, "--type", "TXT", "--data", name]);
                assert_eq!(ran.code, 0, "{}", ran.err);
            });
        }
    });
    let after = read(&file);
    for name in names {
        assert!(after.contains(&format!("{name}.a.example.")), "{name}: {after}");
    }
    assert!(after.contains(&format!(" {} ", 7 + names.len())), "{after}");
}
