//! Known answers, made with code that shares nothing with this crate:
//!
//! ```text
//! python3 - <<'END'
//! import base64, hashlib, hmac
//! from cryptography.hazmat.primitives.kdf.argon2 import Argon2id      # cryptography 48, OpenSSL 3
//! salt = bytes.fromhex("a3c1f2e4d5b6978890a1b2c3d4e5f607")
//! def name(prk):
//!     octets = hmac.new(prk, b"mimi1 name\x01", hashlib.sha256).digest()   # RFC 5869 §2.3, T(1)
//!     return base64.b32hexencode(octets).decode().lower().rstrip("=")
//! for text in ["tel:+442079460148", "mailto:jo@example.org", "mailto:jörg@xn--exmple-cua.example",
//!              "mimi://names.example/u/jo"]:
//!     octets = text.encode()
//!     print(text, name(hmac.new(salt, octets, hashlib.sha256).digest()))
//!     for m, t, p in [(64, 1, 1), (256, 3, 4), (19456, 2, 1)]:
//!         prk = Argon2id(salt=salt, length=32, iterations=t, lanes=p, memory_cost=m).derive(octets)
//!         print(text, m, t, p, name(prk))
//! END
//! ```

use super::*;

const SALT: &str = "a3c1f2e4d5b6978890a1b2c3d4e5f607";

fn parameters(hash: &str, shard: u8) -> Parameters {
    let text = format!("v=mimi1; epoch=a; hash={hash}; salt={SALT}; shard={shard}; from=20261101000000");
    text.parse().expect(&text)
}

fn owner(hash: &str, shard: u8, identifier: &str) -> String {
    let identifier = Identifier::parse(identifier).expect(identifier);
    let apex = "example.net".parse().expect("name");
    let name = parameters(hash, shard).owner_name(&identifier, &apex).expect("a name");
    name.to_string().strip_suffix(".example.net.").expect("below the apex").to_owned()
}

#[test]
fn sha256() {
    for (identifier, label) in [
        ("tel:+442079460148", "og1070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg"),
        ("mailto:jo@example.org", "qa9otvg5qedroi2ijdmabnd3cnbqt58ovtoj2lc4kfpmbvqsleng"),
        ("mailto:jörg@xn--exmple-cua.example", "apnunhn6ps56nk0trf9t5h46us2hsu01mdst3ctane1reeeus5rg"),
        ("mimi://names.example/u/jo", "on10jij6qfc20c7fvsaujeji5509ahdjpvm3pob0j47najl7l1i0"),
    ] {
        assert_eq!(owner("sha256", 0, identifier), label);
    }
}

#[test]
fn argon2id() {
    let hash = "argon2id; m=64; t=1; p=1";
    for (identifier, label) in [
        ("tel:+442079460148", "29us1dug32l9b8a3tqq890n5fuej7l0ooe239m02m4rt7r40ph80"),
        ("mailto:jo@example.org", "s53dr4uo82t9uef9klhbrvr76kpvpqjj3l114a4rha8gabpvetag"),
        ("mailto:jörg@xn--exmple-cua.example", "af6tclp4rf9csjpjogbvftpp821p1jrrqjfsse7m9ogotcamseig"),
        ("mimi://names.example/u/jo", "vbcv43kgm5leuht6hva3mosdpba9c304j24osljmio159ohafcr0"),
    ] {
        assert_eq!(owner(hash, 0, identifier), label);
    }
    for (hash, label) in [
        ("argon2id; m=256; t=3; p=4", "b49vqbq7l7rdusajb8efo9prrjnccueuk8vv7kug5ot4jshk8mtg"),
        ("argon2id; m=19456; t=2; p=1", "0a5la6ak9uhppluu25sn94tt7ee9594esjs9j6rb52efk8qhls90"),
    ] {
        assert_eq!(owner(hash, 0, "tel:+442079460148"), label);
    }
}

#[test]
fn shards_take_the_first_characters() {
    for (shard, labels) in [
        (0, "og1070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg"),
        (1, "g1070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg.o"),
        (2, "1070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg.og"),
        (3, "070dhog0c4aej9al5lsveijtvuftvdjeui8b2lefc69376crg.og1"),
    ] {
        assert_eq!(owner("sha256", shard, "tel:+442079460148"), labels);
    }
}

#[test]
fn what_can_t_be_hashed_is_refused() {
    let identifier = Identifier::parse("tel:+442079460148").expect("canonical");
    let apex: Name = "example.net".parse().expect("name");
    let refused = |parameters: &Parameters, apex: &Name| {
        parameters.owner_name(&identifier, apex).expect_err("refused").to_string()
    };
    assert_eq!(
        refused(&parameters("voprf", 0), &apex),
        "the zone's hash `voprf` is not known to this version"
    );
    for hash in [
        "argon2id; m=4294967295; t=1; p=1",
        "argon2id; m=64; t=4294967295; p=1",
        "argon2id; m=65536; t=1; p=8000",
    ] {
        assert_eq!(
            refused(&parameters(hash, 0), &apex),
            "the zone's hash costs more than 1 GiB, 64 passes or 64 lanes",
            "{hash}"
        );
    }
    let label = "a".repeat(63);
    let long: Name = [&label[..], &label, &label, "0123456789"].join(".").parse().expect("name");
    assert_eq!(
        refused(&parameters("sha256", 1), &long),
        "the apex is too long for owner names under it: the name is longer than 255 octets"
    );
}
