//! `key generate` and `key show`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use data_encoding::HEXLOWER;

use super::args::{Key, KeyDs, KeyGenerate, Role};
use super::exit::Exit;
use super::{key_states, zone_keys};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::dnssec::Dnskey;
use crate::statement::{PublicKey, SecretKey, Signer};

pub(super) fn run(command: &Key, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Key::Generate(args) => generate(args, out)?,
        Key::Show { key, domain } => show(&read_public(key)?, domain.as_ref(), out)?,
        Key::List { at, zone } => return key_states::list(at, zone.as_ref(), out),
        Key::Roll(args) => return key_states::roll(args, out),
        Key::Ds(of) => return key_states::ds(of, out),
        Key::Unsign { of, cancel } => return key_states::unsign(of, *cancel, out),
        Key::DsSeen(KeyDs { of, tag }) => return key_states::ds_is(true, of, *tag, out),
        Key::DsGone(KeyDs { of, tag }) => return key_states::ds_is(false, of, *tag, out),
    }
    Ok(Exit::Done)
}

fn generate(args: &KeyGenerate, out: &mut dyn Write) -> anyhow::Result<()> {
    if let (Some(zone), Some(folder)) = (&args.zone, &args.keys) {
        let flags = match args.role {
            Role::Csk | Role::Ksk => Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT,
            Role::Zsk => Dnskey::ZONE,
        };
        let made = zone_keys::make(folder, zone, args.algorithm, &[flags], UnixTime::now())?;
        for (path, key) in &made {
            writeln!(out, "{}", path.display())?;
            zone_keys::print_ds(key, out)?;
        }
    } else if let Some(output) = &args.output {
        let key = SecretKey::generate()?;
        write_secret(output, key.to_pem().as_bytes())
            .with_context(|| format!("{} can't be written", output.display()))?;
        show(&key.public_key(), None, out)?;
    }
    Ok(())
}

/// The public key of a file that holds either half.
pub(super) fn read_public(path: &Path) -> anyhow::Result<PublicKey> {
    let text = zeroize::Zeroizing::new(
        std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?,
    );
    PublicKey::parse_file(&text)
        .with_context(|| format!("{} holds no Ed25519 key: neither PEM nor v=mimikey1", path.display()))
}

fn show(key: &PublicKey, domain: Option<&Name>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(domain) = domain {
        return writeln!(out, "_mimikey.{domain} TXT \"{}\"", key.to_txt());
    }
    writeln!(out, "txt       {}", key.to_txt())?;
    writeln!(out, "key id    {}", key.key_id())?;
    writeln!(out, "key hash  {}", HEXLOWER.encode(&key.key_hash().0))
}

/// Creates a file that nobody but its owner can read, from its first octet on.
fn write_secret(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}
