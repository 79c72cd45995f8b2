//! `key` and `statement`: parties that sign apart, through files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{run, run_with_input};

/// Three parties' drafts about one number; each party signs what names its key file.
const DRAFTS: &str = r#"; drafts of one number
$IDENTIFIER tel:+442079460148
@ 300 IN MIMISIG possession now +700d issuer=ap.example. holder-key=@holder.pem proof=sms,now sign=ap.pem
@ MIMISIG wishes now +300d holder=@holder.pem at="msp.example 0" sign=holder.pem ; the user's own
@ MIMISIG mapping now +9d ( issuer=msp.example.
     endpoint="URI 10 1 \"https://msp.example/\""   ; a provider-level endpoint
     holder=@holder.pem consent=now sign=msp.pem )
"#;

fn generate(folder: &Path, name: &str) -> String {
    let path = folder.join(name).to_str().unwrap().to_owned();
    let ran = run(&["key", "generate", &path]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("txt       v=mimikey1; k=ed25519; p="), "{}", ran.out);
    path
}

#[test]
fn a_generated_key_is_private_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = generate(folder.path(), "a.pem");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    let ran = run(&["key", "generate", &path]);
    assert_eq!(ran.code, 1);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let ran = run(&["key", "show", &path, "--domain", "msp.example"]);
    assert!(ran.out.starts_with("_mimikey.msp.example. TXT \"v=mimikey1; k=ed25519; p="), "{}", ran.out);
    let secret = String::from_utf8(before).unwrap();
    assert!(!secret.lines().any(|line| !line.starts_with("---") && ran.out.contains(line)));
    let ran = run_with_input(&["key", "show", "/dev/stdin"], b"-----BEGIN NONSENSE-----\n");
    assert_eq!(ran.code, 1);
}

#[test]
fn parties_sign_one_after_another_and_anyone_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["ap.pem", "holder.pem", "msp.pem"].map(|name| generate(folder.path(), name));
    let [mut from, mut to] = ["one", "two"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    std::fs::write(&from, DRAFTS).unwrap();
    for key in &keys {
        let ran = run(&["statement", "sign", &from, "--key", key, "-o", &to]);
        assert_eq!((ran.code, ran.err.as_str()), (0, "1 statements signed\n"));
        std::mem::swap(&mut from, &mut to);
    }
    let signed = std::fs::read_to_string(&from).unwrap();
    assert!(!signed.contains("sign="), "{signed}");
    assert!(signed.contains("== ; the user's own\n@ MIMISIG mapping "), "{signed}");
    assert!(
        signed.starts_with(
            "; drafts of one number\n$IDENTIFIER tel:+442079460148\n@ 300 IN MIMISIG possession "
        )
    );
    let verify = ["statement", "verify", &from, "--key", &keys[0], "--key", &keys[2]];
    let ran = run(&verify);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.matches(": verified").count(), 3, "{}", ran.out);
    // Carried to another number, or without the keys, nothing verifies.
    let moved = signed.replace("tel:+442079460148", "tel:+442079460149");
    let ran =
        run_with_input(&["statement", "verify", "-", "--key", &keys[0], "--key", &keys[2]], moved.as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.matches("not verified").count(), 3, "{}", ran.out);
    let ran = run(&["statement", "verify", &from]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.matches("no key given").count(), 2, "{}", ran.out);
    // And `show` tells them in words.
    let ran = run(&["statement", "show", &from]);
    for words in ["possession by key", "wishes by key", "mapping by key", "https://msp.example/", "sms at "] {
        assert!(ran.out.contains(words), "{words} is not in\n{}", ran.out);
    }
}

#[test]
fn a_draft_without_identifier_or_with_a_fault_is_told_where() {
    let folder = tempfile::tempdir().unwrap();
    let key = generate(folder.path(), "msp.pem");
    let draft = b"\n@ MIMISIG mapping now +9d issuer=msp.example. endpoint=\"URI 10 1 \\\"https://msp.example/\\\"\" proof=sms,now sign=-\n";
    let ran = run_with_input(&["statement", "sign", "-", "--key", &key], draft);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("-:2:1: whose statement is this?"), "{}", ran.err);
    let elsewhere = String::from_utf8_lossy(draft).replace("https://msp.example/", "https://other.example/");
    let text = format!("$IDENTIFIER tel:+442079460148{elsewhere}");
    let ran = run_with_input(&["statement", "sign", "-", "--key", &key], text.as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert!(ran.err.contains("-:2:"), "{}", ran.err);
}

#[test]
fn show_says_when_there_is_nothing_to_show() {
    let ran = run_with_input(&["statement", "show"], b"; <<>> DiG 9.18 <<>> nothing here\n");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no MIMISIG record"), "{}", ran.err);
    let ran = run_with_input(&["statement", "show"], br"\# 3 010203");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("malformed"), "{}", ran.out);
}

#[test]
fn signing_nothing_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let key = generate(folder.path(), "msp.pem");
    let to = folder.path().join("signed");
    let sign = |draft: &str| {
        let from = folder.path().join("drafts");
        std::fs::write(&from, draft).unwrap();
        run(&["statement", "sign", from.to_str().unwrap(), "--key", &key, "-o", to.to_str().unwrap()])
    };
    let draft = "$IDENTIFIER tel:+442079460148\n@ MIMISIG wishes now +9d holder=@msp.pem sign=other.pem\n";
    let ran = sign(draft);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nothing was signed"), "{}", ran.err);
    // A draft whose last word is another is one too, with a fault: it must not pass unsigned.
    let ran = sign("$IDENTIFIER tel:+442079460148\n@ MIMISIG wishes now +9d sign=msp.pem holder=@msp.pem\n");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("drafts:2:39: "), "{}", ran.err);
    assert!(!to.exists());
}

/// Longer than what one thread takes at a time: all of it in its order, or nothing.
#[test]
fn a_long_file_is_signed_by_all_cores_in_its_order_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let key = generate(folder.path(), "msp.pem");
    let [from, to] = ["drafts", "signed"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let count = 4000;
    let identifiers: Vec<_> =
        (0..count).map(|number| format!("$IDENTIFIER tel:+4420794{number:05}\n")).collect();
    let draft = "@ MIMISIG mapping now-1h +9d issuer=msp.example. proof=sms,now \
                 endpoint=\"URI 1 1 https://msp.example/\" sign=-\n";
    let text: String = identifiers.iter().flat_map(|line| [line, draft]).collect();
    let sign = |text: &str| {
        std::fs::write(&from, text).unwrap();
        run(&["statement", "sign", &from, "--key", &key, "-o", &to])
    };
    let ran = sign(&format!("{text}$IDENTIFIER tel:+442079460148\n@ MIMISIG mapping now-1h +9d sign=-\n"));
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&format!("drafts:{}:", 2 * count + 2)), "{}", ran.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 2, "something is left");
    let ran = sign(&text);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.err, format!("{count} statements signed\n"));
    let signed = std::fs::read_to_string(&to).unwrap();
    assert!(signed.len() > 1 << 20, "it has to be longer than a few pieces");
    let kept: Vec<_> = signed.lines().filter(|line| line.starts_with('$')).collect();
    assert!(kept.iter().zip(&identifiers).all(|(line, before)| *line == before.trim_end()));
    assert_eq!(signed.lines().filter(|line| line.starts_with("@ MIMISIG mapping 2")).count(), count);
    let txt = run(&["key", "show", &key]).out;
    let txt = txt.lines().find_map(|line| line.strip_prefix("txt ")).unwrap().trim();
    let ran = run(&["statement", "verify", &to, "--key", txt]);
    assert_eq!((ran.code, ran.out.matches(": verified").count()), (0, count), "{}", ran.err);
}

#[test]
fn what_is_not_signed_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let key = generate(folder.path(), "msp.pem");
    let before = "\t; é \r\n\r\n$IDENTIFIER tel:+442079460148 ;c\r\n  60 TXT ( \"a;b\" \r\n ) ; d\r\n";
    let after = "\r\n@ RRSIG MIMISIG 13 2 60 20270101000000 20260101000000 1 a. AAAA\r\n; end";
    let text = format!("{before}@ MIMISIG wishes now +9d holder=@- sign=-{after}");
    let ran = run_with_input(&["statement", "sign", "-", "--key", &key], text.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with(before) && ran.out.ends_with(after), "{:?}", ran.out);
}

#[test]
fn only_records_of_the_type_are_statements() {
    let text = b"\t60\tRRSIG\tTYPE65400 13 2 60 20270101000000 20260101000000 1 a.example. AAAA\n\
                 a NSEC b TYPE65400\n\x1b[31mb\x1b[0m IN 60 TYPE65400 \\# 1 01\n";
    let ran = run_with_input(&["statement", "show"], text);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("malformed").count(), 1, "{}", ran.out);
    assert!(!ran.out.contains('\x1b'), "{:?}", ran.out);
}
