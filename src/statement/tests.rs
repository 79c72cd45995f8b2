use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::ed25519::Equation;
use super::*;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Kind, Mimisig, SIGNATURE_LEN, TextError, Wishes};
use crate::record::scan::Scanner;

const NOW: UnixTime = UnixTime(1_793_491_200);

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn identifier() -> Identifier {
    Identifier::parse("tel:+442079460148").expect("canonical")
}

fn wishes_of(key: &PublicKey) -> Draft {
    let body = Body::Wishes(Wishes { holder: key.key_hash(), at: Vec::new() });
    Draft::new(NOW, NOW.plus(60), &body).expect("a draft without a fault")
}

/// The key `1.pem` is of seed 1, `2.pem` of seed 2; there are no others.
struct TestKeys;

impl Keys for TestKeys {
    fn public_key(&self, file: &str) -> Result<PublicKey, KeyFileError> {
        Ok(self.signer(file)?.public_key())
    }

    fn signer(&self, file: &str) -> Result<Arc<dyn Signer + Send + Sync>, KeyFileError> {
        match file {
            "1.pem" => Ok(Arc::new(secret(1))),
            "2.pem" => Ok(Arc::new(secret(2))),
            _ => Err(KeyFileError::Read { file: file.into(), why: "no such file".into() }),
        }
    }
}

fn draft_text(text: &str) -> Result<DraftText, TextError> {
    let mut tokens = Vec::new();
    Scanner::new(text.as_bytes()).next_entry(&mut tokens).expect("an entry").expect("tokens");
    assert!(DraftText::is_draft(&tokens) == text.contains(" sign="), "{text}");
    DraftText::parse(&tokens, NOW, &TestKeys)
}

#[test]
fn signs_and_verifies_as_rfc_8032_does() {
    // RFC 8032 §7.1, TEST 1 and TEST 3.
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let octets = |hex: &str| HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal");
        let key = SecretKey::from_seed(&octets(seed).try_into().expect("32 octets"));
        assert_eq!(key.public_key().as_octets()[..], octets(public));
        let made = key.sign(&octets(message)).expect("a key in memory signs");
        assert_eq!(made[..], octets(signature));
        let public = key.public_key();
        assert!(Equation::new(&public, &octets(message), &made).expect("well formed").holds());
        assert!(!Equation::new(&public, b"another", &made).expect("well formed").holds());
    }
}

#[test]
fn key_text_is_this() {
    let key = secret(1).public_key();
    let text = key.to_txt();
    assert_eq!(text, "v=mimikey1; k=ed25519; p=iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=");
    let p = "p=iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    for good in
        [text.clone(), format!("v=mimikey1;{p};k=ed25519"), format!("v=mimikey1 ;  k=ed25519 ; t=later; {p}")]
    {
        assert_eq!(PublicKey::parse_txt(good.as_bytes()), Ok(key), "{good}");
    }
    for (bad, error) in [
        (String::new(), KeyTextError::NotAKey),
        (format!(" v=mimikey1; k=ed25519; {p}"), KeyTextError::NotAKey),
        (format!("v=mimikey1; k=ed25519; {p} "), KeyTextError::NotATag),
        (format!("v=mimikey1; k=ed25519; {p};"), KeyTextError::NotATag),
        (format!("v=mimikey1;\tk=ed25519; {p}"), KeyTextError::NotATag),
        (format!("v=mimikey1; k=ed25519; T=1; {p}"), KeyTextError::NotATag),
        ("v=mimikey1".into(), KeyTextError::Algorithm),
        ("v=mimikey2; k=ed25519".into(), KeyTextError::NotAKey),
        (format!("k=ed25519; v=mimikey1; {p}"), KeyTextError::NotAKey),
        (format!("v=mimikey1; k=ed25519; k=ed25519; {p}"), KeyTextError::TagTwice),
        (format!("v=mimikey1; v=mimikey1; k=ed25519; {p}"), KeyTextError::TagTwice),
        (format!("v=mimikey1; k=rsa; {p}"), KeyTextError::Algorithm),
        (format!("v=mimikey1; k=ed25519; ; {p}"), KeyTextError::NotATag),
        ("v=mimikey1; k=ed25519".into(), KeyTextError::Base64),
        ("v=mimikey1; k=ed25519; p=%%".into(), KeyTextError::Base64),
        ("v=mimikey1; k=ed25519; p=AAAA".into(), KeyTextError::Key(KeyError::Length(3))),
        (format!("v=mimikey1; k=ed25519; p={}A=", "A".repeat(42)), KeyTextError::Key(KeyError::SmallOrder)),
        (format!("v=mimikey1; k=ed25519; p={}8=", "/".repeat(42)), KeyTextError::Key(KeyError::NotCanonical)),
    ] {
        assert_eq!(PublicKey::parse_txt(bad.as_bytes()), Err(error), "{bad}");
    }
}

#[test]
fn key_files_are_read() {
    let key = secret(1);
    let pem = key.to_pem();
    assert!(
        pem.starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI"),
        "version 1, as OpenSSL writes it"
    );
    assert_eq!(SecretKey::from_pem(&pem).expect("its own file").public_key(), key.public_key());
    // Made by OpenSSL 3: `openssl pkey -pubout`.
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n-----END PUBLIC KEY-----\n";
    for file in [public, &pem, &key.public_key().to_txt(), &format!("\"{}\"\n", key.public_key().to_txt())] {
        assert_eq!(PublicKey::parse_file(file), Some(key.public_key()));
    }
    for bad in ["", "x", "-----BEGIN PRIVATE KEY-----", &pem[..60], &pem.replace("MC4", "MC5")] {
        assert_eq!(SecretKey::from_pem(bad).map(|_| ()), Err(SecretKeyError::Pem));
        assert_eq!(PublicKey::parse_file(bad), None);
    }
}

#[test]
fn secrets_are_not_shown() {
    let (one, two) = (SecretKey::generate().expect("random"), SecretKey::generate().expect("random"));
    assert_ne!(one.public_key(), two.public_key());
    assert_eq!(format!("{one:?}"), format!("SecretKey({}, redacted)", one.public_key().key_id()));
}

#[test]
fn drafts_are_signed_by_their_holder_only() {
    let (key, other) = (secret(1), secret(2));
    let draft = wishes_of(&key.public_key());
    let statement = draft.sign(&identifier(), &key).expect("the holder signs");
    assert_eq!((draft.kind(), statement.unsigned()), (Kind::Wishes, draft.unsigned()));
    let verified = verify(&statement, &identifier(), &key.public_key()).expect("its own signature");
    assert_eq!(verified.signed_by(), key.public_key().key_hash());
    assert!(matches!(draft.sign(&identifier(), &other), Err(SignError::OtherHolder)));
}

#[test]
fn signers_that_fail_or_lie_are_found() {
    struct Liar(PublicKey);
    impl Signer for Liar {
        fn public_key(&self) -> PublicKey {
            self.0
        }
        fn sign(&self, _: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError> {
            secret(2).sign(b"something else")
        }
    }
    struct Absent(PublicKey);
    impl Signer for Absent {
        fn public_key(&self) -> PublicKey {
            self.0
        }
        fn sign(&self, _: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError> {
            Err(SignerError("the card was pulled out".into()))
        }
    }
    let key = secret(1).public_key();
    let draft = wishes_of(&key);
    assert!(matches!(
        draft.sign(&identifier(), &Liar(key)),
        Err(SignError::BadSigner(VerifyError::BadSignature))
    ));
    let error = draft.sign(&identifier(), &Absent(key)).expect_err("no card");
    assert_eq!(error.to_string(), "the key cannot be used: the card was pulled out");
}

/// Statements about as many numbers, by two keys in turn.
fn many(count: usize) -> Vec<(Identifier, SecretKey, Mimisig)> {
    let numbers = (0..count).map(|number| Identifier::parse(&format!("tel:+4420794{number:05}")).unwrap());
    numbers
        .enumerate()
        .map(|(number, identifier)| {
            let key = secret(1 + u8::from(number % 3 == 0));
            let statement = wishes_of(&key.public_key()).sign(&identifier, &key).unwrap();
            (identifier, key, statement)
        })
        .collect()
}

#[test]
fn drafts_are_signed_together_as_one_by_one() {
    let (key, other) = (secret(1), secret(2));
    let (mine, others) = (wishes_of(&key.public_key()), wishes_of(&other.public_key()));
    let numbers: Vec<_> = many(9).into_iter().map(|(identifier, ..)| identifier).collect();
    let drafts: Vec<_> = numbers
        .iter()
        .enumerate()
        .map(|(at, identifier)| (if at == 4 { &others } else { &mine }, identifier))
        .collect();
    let signed = Draft::sign_batch(&drafts, &key);
    assert_eq!(signed.len(), 9);
    for (at, ((draft, identifier), statement)) in drafts.iter().zip(signed).enumerate() {
        match statement {
            Ok(statement) => assert_eq!(statement, draft.sign(identifier, &key).unwrap()),
            Err(error) => assert!(at == 4 && matches!(error, SignError::OtherHolder), "{at}: {error}"),
        }
    }
    assert!(Draft::sign_batch(&[], &key).is_empty());
}

#[test]
fn a_batch_finds_the_bad_ones_wherever_they_are() {
    let all = many(37);
    for bad in [vec![], vec![0], vec![36], vec![5, 6, 20], (0..37).collect::<Vec<_>>()] {
        // A bad one is about another number.
        let subject = |at: usize| if bad.contains(&at) { &all[(at + 1) % 37].0 } else { &all[at].0 };
        let keys: Vec<_> = all.iter().map(|(_, key, _)| key.public_key()).collect();
        let claims: Vec<_> =
            all.iter().enumerate().map(|(at, (.., statement))| (statement, subject(at), &keys[at])).collect();
        let mut verdicts = Verdicts::default();
        verdicts.verify_batch(&claims[..30]);
        for ((at, verdict), (statement, identifier, key)) in
            verify_batch(&claims).into_iter().enumerate().zip(&claims)
        {
            let expected = if bad.contains(&at) { Some(VerifyError::BadSignature) } else { None };
            assert_eq!(verdict.err(), expected, "{at} of {bad:?}");
            // Some it knows, some it looks at now; none it takes for another.
            assert_eq!(verdicts.verify(statement, identifier, key).err(), expected, "{at} of {bad:?}");
            let other = secret(3).public_key();
            assert_eq!(verdicts.verify(statement, identifier, &other).err(), Some(VerifyError::OtherKey));
        }
    }
}

#[test]
fn drafts_are_read_relative_to_now() {
    let key = secret(1);
    for (text, inception, expiration) in [
        ("wishes now +10d holder=@1.pem sign=1.pem", 0, 864_000),
        ("wishes now-1d +1d holder=@1.pem sign=1.pem", -86_400, 0),
        ("wishes now-1h30m now+2h holder=@1.pem sign=1.pem", -5_400, 7_200),
        ("wishes 20261101000001 20261101000002 holder=@1.pem sign=\"1.pem\"", 1, 2),
        ("wishes 1793491199 +5 (\n holder=\"@1.pem\" ; the holder\n sign=1.pem )", -1, 4),
    ] {
        let draft = draft_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(draft.key_file(), "1.pem");
        let statement = draft.draft().sign(&identifier(), &key).expect("the holder signs");
        let at = |shift: i64| UnixTime(NOW.0.checked_add_signed(shift).expect("near now"));
        assert_eq!(
            (statement.inception(), statement.expiration()),
            (at(inception), at(expiration)),
            "{text}"
        );
    }
}

#[test]
fn drafts_name_keys_by_file() {
    let text = "possession now +1d issuer=ap.example holder-key=@2.pem proof=sms,now-30d sign=1.pem";
    let statement =
        draft_text(text).expect("a draft").draft().sign(&identifier(), &secret(1)).expect("signed");
    let Body::Possession(possession) = statement.body() else { panic!("a possession") };
    assert_eq!(possession.holder_key, Some(secret(2).public_key().to_raw()));
    assert_eq!(possession.proof.time, NOW.minus(30 * 86_400));
    let text = "wishes now +1d holder=@1.pem at=\"msp.example 1 home,work @2.pem\" at=\"other.example 2 @2.pem\" sign=1.pem";
    let statement =
        draft_text(text).expect("a draft").draft().sign(&identifier(), &secret(1)).expect("signed");
    let Body::Wishes(wishes) = statement.body() else { panic!("wishes") };
    assert!(wishes.at.iter().all(|at| at.connection_key == Some(secret(2).public_key().to_raw())));
    let text = concat!(
        r#"mapping now +1d issuer=msp.example. consent=now-7d endpoint="URI 10 1 \"https://msp.example/\"" "#,
        "holder=@2.pem sign=1.pem"
    );
    assert_eq!(draft_text(text).expect("a draft").draft().kind(), Kind::Mapping);
}

#[test]
fn faults_in_drafts_say_what_and_where() {
    for (text, offset, words) in [
        ("wishes now +1d holder=@1.pem", 28, "the sign= is missing"),
        ("wishes now +1d holder=@1.pem sign=", 29, "the sign= is missing"),
        ("wishes now +1d holder=@1.pem 15 sign=1.pem", 29, "the sign= is missing"),
        ("wishes now +1d sign=1.pem holder=@1.pem sign=1.pem", 26, "nothing may follow here"),
        ("wishes now +1d sign=1.pem", 0, "malformed: holder is missing"),
        ("wishes now +1d holder=@3.pem sign=1.pem", 15, "key file: 3.pem cannot be read: no such file"),
        ("wishes now now-1s holder=@1.pem sign=1.pem", 0, "it expires before it begins"),
        ("wishes +1d +1d holder=@1.pem sign=1.pem", 7, "not a time"),
        ("wishes now1d +1d holder=@1.pem sign=1.pem", 7, "not a time"),
        ("wishes now- +1d holder=@1.pem sign=1.pem", 7, "not a time"),
        ("wishes now +1q holder=@1.pem sign=1.pem", 11, "not a time"),
    ] {
        let error = draft_text(text).expect_err(text);
        assert_eq!((error.offset, error.to_string().as_str()), (Some(offset), words), "{text}");
        assert!(!error.fault.remedy().is_empty());
    }
}

#[test]
fn no_draft_is_what_its_readers_would_refuse() {
    let key = secret(1).public_key();
    let body = Body::Wishes(Wishes { holder: key.key_hash(), at: Vec::new() });
    assert_eq!(Draft::new(NOW, NOW, &body), Err(DraftError::Inverted));
    let Body::Wishes(wishes) = body else { panic!("wishes") };
    let at = |msp: &str| crate::record::mimisig::At {
        msp: msp.parse().expect("a name"),
        rank: 0,
        tags: Vec::new(),
        connection_key: None,
    };
    for (at, words) in [
        (vec![at("a.example"), at("a.example")], "malformed: the values of at do not ascend"),
        (
            vec![at("A.example")],
            "malformed: the name in at has other characters than a-z, 0-9 and hyphen, or is the root",
        ),
        (
            (0..17).map(|index| at(&format!("a{index}.example"))).collect(),
            "malformed: at stands 17 times, and may 16 times",
        ),
    ] {
        let body = Body::Wishes(Wishes { at, ..wishes.clone() });
        assert_eq!(Draft::new(NOW, NOW.plus(1), &body).map_err(|error| error.to_string()), Err(words.into()));
    }
}
