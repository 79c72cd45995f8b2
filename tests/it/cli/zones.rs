//! `zone check` and `zone build`.

use super::run;

#[test]
fn the_example_checks_clean_and_its_known_faults_are_warned_of() {
    let ran = run(&["zone", "check", "zones", "--policy", "zones/policy.toml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("4 files: 0 errors"), "{}", ran.out);
    assert!(ran.out.contains("ap-north.example.statements:14:3: warning[no-key]"), "{}", ran.out);
}

#[test]
fn a_path_that_leads_nowhere_is_told_among_what_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = path("a.zone");
    std::fs::write(&file, "$ORIGIN a.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n").unwrap();
    std::fs::create_dir(path("empty")).unwrap();
    let ran = run(&["zone", "check", "--json", &path("gone.zone"), &file, &path("empty")]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect(&ran.err);
    assert_eq!((ran.code, &json["errors"], &json["files"]), (1, &2.into(), &1.into()));
    assert_eq!(json["zones"][0]["apex"], "a.example.");
    let told = json["findings"].as_array().unwrap();
    for (told, expected) in told.iter().zip(["gone.zone can't be read: ", "empty holds no file whose name"]) {
        assert_eq!(told["code"], "unreadable-file");
        assert!(told["message"].as_str().unwrap().contains(expected), "{told}");
    }
}

#[test]
fn a_built_zone_holds_no_identifier_and_serves_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let built = folder.path().join("discover.example.zone");
    let built = built.to_str().unwrap();
    let ran = run(&["zone", "build", "zones/discover.example.zone", "-o", built]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = std::fs::read_to_string(built).unwrap();
    for word in ["tel:", "442079460148", "mailto:", "IDENTIFIER", "MIMISIG "] {
        assert!(!text.contains(word), "{word} is in the built zone");
    }
    let source = run(&["zone", "check", "zones/discover.example.zone"]);
    let again = run(&["zone", "check", built]);
    assert_eq!(again.code, 0, "{}", again.out);
    let names =
        |out: &str| out.split(" names").next().and_then(|front| front.rsplit(' ').next()).map(str::to_owned);
    assert_eq!(
        names(&again.out),
        names(source.out.lines().rev().nth(1).unwrap()),
        "{}{}",
        again.out,
        source.out
    );
}

#[test]
fn serials_move_on_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("a.example.zone");
    let zone = "$ORIGIN a.example.\n@ 60 SOA ns h 4294967295 1h 1h 1w 60\n@ 60 NS ns\nns 60 A 127.0.0.1\n";
    std::fs::write(&source, zone).unwrap();
    let (source, built) = (source.to_str().unwrap(), folder.path().join("built"));
    let build = |serial| {
        let ran = run(&["zone", "build", source, "-o", built.to_str().unwrap(), "--serial", serial]);
        (ran.code, std::fs::read_to_string(&built).unwrap_or_default())
    };
    assert!(build("keep").1.contains(" 4294967295 "));
    let (_, incremented) = build("increment");
    assert!(incremented.contains(" 1 3600 "), "{incremented}");
    std::fs::write(source, zone.replace("127.0.0.1", "localhost")).unwrap();
    let (code, after) = build("keep");
    assert_eq!((code, after), (1, incremented), "what was there stays");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no file is left over");
}

#[test]
fn nobody_need_read_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("a.example.zone");
    std::fs::write(&source, "a A 1.2.3.4.5\n".repeat(200)).unwrap();
    let mut command = super::command(&["zone", "build", source.to_str().unwrap(), "-o", "/dev/null"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "not a panic's 101");
}

#[test]
fn a_zone_is_built_to_standard_output_too() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("a.example.zone");
    std::fs::write(&source, "$ORIGIN a.example.\n@ 60 SOA ns.b. h 1 1h 1h 1w 60\n@ 60 NS ns.b.\n").unwrap();
    let ran = run(&["zone", "build", source.to_str().unwrap(), "-o", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("NS\tns.b.").count(), 1, "{}", ran.out);
    assert!(!ran.out.contains(" names"), "{}", ran.out);
}

#[test]
fn check_tells_what_loads_and_is_of_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("e164.example.zone");
    let zone = "$ORIGIN e164.example.\n$TTL 60\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n\
        *.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .\n\
        3.2.1 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^\\\\+12$!sip:a@b!\" .\n";
    std::fs::write(&file, zone).unwrap();
    let name = file.to_str().unwrap();
    let ran = run(&["zone", "check", name]);
    assert_eq!(ran.code, 0);
    let expected = format!(
        "{name}:7:7: warning[naptr-no-match]: 3.2.1.e164.example.: clients ignore the rule: its regexp matches not +123, \
         its own number; `mimi-dns enum apply` tries it; a plus sign is written `\\\\+`\n"
    );
    assert!(ran.out.contains(&expected), "{}", ran.out);
    assert!(ran.out.contains("warning[shadowed-block]: 2.1.e164.example.:"), "{}", ran.out);
    assert_eq!(run(&["zone", "check", "--strict", name]).code, 1);
    let ran = run(&["zone", "check", "--json", name]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["warnings"], 2);
    assert_eq!(json["zones"][0]["apex"], "e164.example.");
    let finding = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "naptr-no-match")
        .unwrap();
    assert_eq!(
        (&finding["line"], &finding["column"], &finding["severity"]),
        (&7.into(), &7.into(), &"warning".into())
    );
}

#[test]
fn check_asks_for_names_outside_where_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let head = "$TTL 60\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n";
    let other =
        write("b.example.zone", &format!("$ORIGIN b.example.\n{head}mail A 127.0.0.1\nempty TXT x\n"));
    let served = super::Serving::start(&[&other]);
    let links =
        "@ MX 1 mail.b.example.\n@ MX 2 gone.b.example.\n@ MX 3 empty.b.example.\nw CNAME empty.b.example.\n";
    let zone = write("a.example.zone", &format!("$ORIGIN a.example.\n{head}{links}"));
    let ran = run(&["zone", "check", "--online", "--server", &served.address, zone.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains(":7:3: warning[dangling-target]: a.example.: gone.b.example. does not exist"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains(":8:3: warning[dangling-target]: a.example.: empty.b.example. has no address"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("0 errors, 2 warnings"), "{}", ran.out);
    assert_eq!(run(&["zone", "check", "--server", &served.address, zone.to_str().unwrap()]).code, 2);
}

#[test]
fn no_output_takes_the_place_of_what_was_read_nor_of_a_secret_key() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| -> super::Ran {
        let words: Vec<&str> = words.split(' ').collect();
        super::command(&words).current_dir(folder.path()).output().unwrap().into()
    };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let zone = "$ORIGIN a.example.\n$TTL 60\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\n$INCLUDE hosts\n";
    write("e.zone", zone);
    write("hosts", "ns A 127.0.0.1\n");
    write("v.csv", "owner,ttl,type,data\na.example.,60,TXT,x\n");
    assert_eq!(run("key generate msp.pem").code, 0);
    let salt = "00112233445566778899aabbccddeeff";
    write(
        "u",
        &format!(
            "@ TXT \"v=mimi1; epoch=1; hash=sha256; salt={salt}; from=20260101000000\"\n\
         $IDENTIFIER tel:+442079460148\n@ MIMISIG mapping now-1h +9d issuer=msp.example. proof=sms,now \
         endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://msp.example/u/1!\\\" .\" sign=-\n"
        ),
    );
    assert_eq!(run("zone sign e.zone -o s.zone --keys keys --create-keys").code, 0);
    let key = |ending: &str| {
        let mut files =
            std::fs::read_dir(folder.path().join("keys")).unwrap().map(|file| file.unwrap().path());
        let key = files.find(|path| path.extension().is_some_and(|end| end == ending)).unwrap();
        format!("keys/{}", key.file_name().unwrap().display())
    };
    std::os::unix::fs::symlink("e.zone", folder.path().join("link")).unwrap();
    std::fs::hard_link(folder.path().join("v.csv"), folder.path().join("hard.csv")).unwrap();
    let all = || {
        let mut texts = std::collections::BTreeMap::new();
        for folder in [folder.path().to_owned(), folder.path().join("keys")] {
            for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
                texts.insert(file.clone(), std::fs::read(&file).unwrap_or_default());
            }
        }
        texts
    };
    let before = all();
    for (words, told) in [
        ("zone build e.zone -o e.zone", "e.zone can't be written: e.zone is the same file, and was read"),
        ("zone build e.zone -o link", "link can't be written: e.zone is the same file"),
        ("zone build link -o e.zone", "e.zone can't be written: "),
        ("zone build e.zone -o hosts", "hosts is the same file"),
        ("zone build e.zone -o msp.pem", "msp.pem can't be written: it holds a secret key"),
        (&format!("zone build e.zone -o {}", key("private")), "it holds a secret key"),
        ("zone sign e.zone -o e.zone --keys keys", "e.zone is the same file"),
        (&format!("zone sign e.zone -o {} --keys keys", key("key")), "is the same file"),
        ("zone export e.zone -o e.zone --format csv", "e.zone is the same file"),
        ("zone import v.csv -o v.csv", "v.csv is the same file"),
        ("zone import v.csv -o hard.csv", "v.csv is the same file"),
        ("statement sign u -o u --key msp.pem", "u is the same file"),
        ("statement sign u -o msp.pem --key msp.pem", "msp.pem is the same file"),
    ] {
        let ran = run(words);
        assert_eq!(ran.code, 1, "{words}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(told), "{words}: {}", ran.err);
        assert!(all() == before, "{words} changed something");
    }
    let table = std::fs::File::open(folder.path().join("v.csv")).unwrap();
    let mut command = super::command(&["zone", "import", "-", "-o", "v.csv", "--format", "csv"]);
    let ran: super::Ran = command.current_dir(folder.path()).stdin(table).output().unwrap().into();
    assert!(ran.code == 1 && ran.err.contains("- is the same file"), "{}", ran.err);
    // What is signed already has no other source, and loses nothing.
    let ran = run("zone sign s.zone -o s.zone --keys keys");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains(" 0 signatures made"), "{}", ran.out);
    assert_eq!(run("statement sign u -o u.signed --key msp.pem").code, 0);
}

#[test]
fn what_is_built_has_no_older_serial_than_what_stood_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (source, output) = (path("a.zone"), path("built"));
    let write = |serial: u32, address: &str| {
        let soa = format!("$ORIGIN a.example.\n$TTL 60\n@ SOA ns h {serial} 1h 1h 1w 60\n@ NS ns\n");
        std::fs::write(&source, format!("{soa}ns A {address}\n")).unwrap();
    };
    let build = |more: &[&str]| run(&[&["zone", "build", &source, "-o", &output], more].concat());
    write(8, "192.0.2.1");
    assert_eq!(build(&[]).code, 0);
    let ran = build(&[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "the same is no fault");
    write(8, "192.0.2.2");
    let ran = build(&[]);
    assert!(ran.code == 0 && ran.err.contains("under the same serial 8: "), "{}", ran.err);
    write(7, "192.0.2.2");
    let ran = build(&[]);
    assert!(ran.code == 1 && ran.err.contains("the serial would go from 8 back to 7: "), "{}", ran.err);
    assert_eq!(build(&["--serial", "increment"]).code, 0);
    assert!(std::fs::read_to_string(&output).unwrap().contains(" 9 3600 "));
    assert_eq!(build(&["--allow-older-serial"]).code, 0);
    assert!(std::fs::read_to_string(&output).unwrap().contains(" 7 3600 "));
}

#[test]
fn what_can_not_be_written_has_a_name() {
    let zone = "zones/discover.example.zone";
    for words in [&["zone", "check", zone][..], &["zone", "export", zone, "-o", "-"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran: super::Ran = super::command(words).stdout(full).output().unwrap().into();
        assert_eq!(ran.code, 1);
        assert!(
            ran.err.contains("mimi-dns: standard output can't be written: No space left on device"),
            "{}",
            ran.err
        );
    }
}
