//! The certificate of all encrypted transports: from two files, read again when they change.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::InconsistentKeys;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::validity;
use crate::clock::UnixTime;

/// What a file of certificates or a key may have, in octets.
const MAX_FILE: u64 = 1 << 20;

/// A certificate chain and its key, from two PEM files. Connections that begin after a reload are
/// shown the new one; nothing else of them changes.
pub struct Certificates {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<Current>,
    /// What the files looked like when they were read last, whether that went well or not.
    tried: Mutex<Option<[Stamp; 2]>>,
    outdated: AtomicBool,
}

struct Current {
    certified: Arc<CertifiedKey>,
    not_after: Option<UnixTime>,
}

/// Whether a file is still the same, without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    modified: (i64, i64),
    /// Who may read it changes this alone.
    changed: (i64, i64),
}

/// Why certificates can't be used. Quotes nothing of a file.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file that can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is no PEM file.
    #[error("{}: ill-formed PEM", path.display())]
    IllFormed {
        /// The file.
        path: PathBuf,
    },
    /// A file without certificates.
    #[error("{}: holds no certificate; a PEM file that begins with the server's own is expected", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file without a key.
    #[error("{}: holds no private key; PEM with PKCS#8, PKCS#1 or SEC1, not encrypted, is expected", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A key that is damaged, or of a kind that is not supported.
    #[error("{}: no usable private key; RSA of 2048 bits or more, P-256, P-384 and Ed25519 are", path.display())]
    UnusableKey {
        /// The file.
        path: PathBuf,
    },
    /// A certificate that can't be read.
    #[error("{}: the first certificate is ill formed", path.display())]
    UnusableCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A key of another certificate.
    #[error("{}: not the key of the first certificate in {}", key.display(), chain.display())]
    Mismatch {
        /// The file of the certificates.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

impl Certificates {
    /// Reads a chain of certificates, the server's own first, and the private key of that one.
    ///
    /// # Errors
    /// A file that can't be read or used, or two that don't belong together: the operator's fault.
    pub fn load(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, CertificateError> {
        let (chain, key) = (chain.into(), key.into());
        let tried = stamps(&chain, &key);
        let current = Current::read(&chain, &key)?;
        current.warn_if_expired();
        let current = ArcSwap::from_pointee(current);
        Ok(Self { chain, key, current, tried: Mutex::new(tried), outdated: AtomicBool::new(false) })
    }

    /// Reads both files again if one has changed since they were read last. Returns whether
    /// another certificate is shown now. Blocks while it reads.
    ///
    /// # Errors
    /// As for [`Self::load`], once for each change; what was there before stays.
    pub fn reload_if_changed(&self) -> Result<bool, CertificateError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken before reading: what changes while it is read is read again.
        let now = stamps(&self.chain, &self.key);
        if now.is_some() && now == *tried {
            return Ok(false);
        }
        let gone_already = now.is_none() && tried.is_none();
        *tried = now;
        let read = Current::read(&self.chain, &self.key);
        self.outdated.store(read.is_err(), Ordering::Relaxed);
        match read {
            Ok(new) => {
                let another = new.certified.cert != self.current.load().certified.cert;
                if another {
                    new.warn_if_expired();
                }
                self.current.store(Arc::new(new));
                Ok(another)
            }
            Err(_) if gone_already => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether what stands in the files now can't be used, so that what was there before is shown.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// When the server's own certificate ends; `None` where it does not say so in a known form.
    #[must_use]
    pub fn not_after(&self) -> Option<UnixTime> {
        self.current.load().not_after
    }

    /// The file that the chain is read from.
    #[must_use]
    pub fn chain_file(&self) -> &Path {
        &self.chain
    }
}

impl Current {
    fn read(chain_path: &Path, key_path: &Path) -> Result<Self, CertificateError> {
        let text = read(chain_path)?;
        let chain =
            CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>().map_err(|error| {
                let path = chain_path.into();
                match error {
                    pem::Error::NoItemsFound => CertificateError::NoCertificate { path },
                    _ => CertificateError::IllFormed { path },
                }
            })?;
        let Some(own) = chain.first() else {
            return Err(CertificateError::NoCertificate { path: chain_path.into() });
        };
        let not_after = validity::not_after(own);
        let text = read(key_path)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
            let path = key_path.into();
            match error {
                pem::Error::NoItemsFound => CertificateError::NoKey { path },
                _ => CertificateError::IllFormed { path },
            }
        })?;
        let key = ring::sign::any_supported_type(&key)
            .map_err(|_| CertificateError::UnusableKey { path: key_path.into() })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) => Ok(Self { certified: Arc::new(certified), not_after }),
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(CertificateError::Mismatch { chain: chain_path.into(), key: key_path.into() })
            }
            Err(_) => Err(CertificateError::UnusableCertificate { path: chain_path.into() }),
        }
    }

    /// It is shown all the same: some clients look at the key alone.
    fn warn_if_expired(&self) {
        if self.not_after.is_some_and(|end| end < UnixTime::now()) {
            tracing::warn!("the certificate has expired: clients will refuse it");
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().certified))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("chain", &self.chain).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let unreadable = |source| CertificateError::Unreadable { path: path.into(), source };
    let invalid = |what| unreadable(io::Error::new(io::ErrorKind::InvalidData, what));
    // Before it is opened: opening a pipe waits for its other end.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(invalid("not a regular file"));
    }
    if metadata.len() > MAX_FILE {
        return Err(invalid("larger than 1 MiB"));
    }
    // Room for all of it at once, so that no copy of a key stays behind where a buffer has grown.
    let room = usize::try_from(metadata.len()).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    File::open(path).map_err(unreadable)?.take(MAX_FILE).read_to_end(&mut text).map_err(unreadable)?;
    Ok(text)
}

fn stamps(chain: &Path, key: &Path) -> Option<[Stamp; 2]> {
    let stamp = |path| {
        let metadata = fs::metadata(path).ok()?;
        Some(Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    };
    Some([stamp(chain)?, stamp(key)?])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Files {
        folder: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Writes a certificate that ends in this year, and its key. Replaces the files, as renewals do.
        fn renew(&self, year: i32) {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut wanted = rcgen::CertificateParams::new(["dns.example".to_owned()]).unwrap();
            wanted.not_after = rcgen::date_time_ymd(year, 1, 1);
            self.write("chain.pem", &wanted.self_signed(&key).unwrap().pem());
            self.write("key.pem", &key.serialize_pem());
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path("new"), text).unwrap();
            fs::rename(self.path("new"), self.path(name)).unwrap();
        }

        fn load(&self) -> Result<Certificates, CertificateError> {
            Certificates::load(self.path("chain.pem"), self.path("key.pem"))
        }
    }

    fn first_of(year: i32) -> Option<UnixTime> {
        crate::record::calendar::parse(format!("{year}0101000000").as_bytes())
    }

    #[test]
    fn what_changes_is_read_again_and_once() {
        let files = Files::new();
        files.renew(2049);
        let certificates = files.load().unwrap();
        assert_eq!(certificates.not_after(), first_of(2049));
        assert!(!certificates.reload_if_changed().unwrap());
        files.renew(2050);
        assert!(certificates.reload_if_changed().unwrap());
        assert!(!certificates.reload_if_changed().unwrap());
        assert_eq!(certificates.not_after(), first_of(2050));
    }

    #[test]
    fn a_broken_pair_changes_nothing_and_is_told_once() {
        let files = Files::new();
        files.renew(2049);
        let certificates = files.load().unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        files.write("key.pem", &other.serialize_pem());
        assert!(matches!(certificates.reload_if_changed(), Err(CertificateError::Mismatch { .. })));
        assert!(!certificates.reload_if_changed().unwrap());
        assert!(certificates.is_outdated(), "however often it is asked");
        fs::remove_file(files.path("key.pem")).unwrap();
        assert!(matches!(certificates.reload_if_changed(), Err(CertificateError::Unreadable { .. })));
        assert!(!certificates.reload_if_changed().unwrap());
        assert_eq!(certificates.not_after(), first_of(2049));
        assert!(certificates.is_outdated());
        files.renew(2051);
        assert!(certificates.reload_if_changed().unwrap());
        assert!(!certificates.is_outdated());
    }

    #[test]
    fn a_file_that_may_be_read_at_last_is_read() {
        let files = Files::new();
        files.renew(2049);
        let certificates = files.load().unwrap();
        let before = stamps(&certificates.chain, &certificates.key);
        // As hooks do it: written for root alone first, for the server's user afterwards.
        fs::set_permissions(files.path("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(stamps(&certificates.chain, &certificates.key) != before);
        // The same certificate is no other one.
        assert!(!certificates.reload_if_changed().unwrap());
    }

    #[test]
    fn errors_name_the_file_and_quote_nothing() {
        let files = Files::new();
        files.renew(2049);
        let key = fs::read_to_string(files.path("key.pem")).unwrap();
        let chain = fs::read_to_string(files.path("chain.pem")).unwrap();
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let damaged = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        let cut = &key[..key.len() - 30];
        let no_certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let rows = [
            ("chain.pem", "", "chain.pem: holds no certificate; "),
            ("chain.pem", key.as_str(), "chain.pem: holds no certificate; "),
            ("chain.pem", no_certificate, "chain.pem: the first certificate is ill formed"),
            ("key.pem", "", "key.pem: holds no private key; "),
            ("key.pem", chain.as_str(), "key.pem: holds no private key; "),
            ("key.pem", encrypted.as_str(), "key.pem: holds no private key; "),
            ("key.pem", damaged, "key.pem: no usable private key; "),
            ("key.pem", cut, "key.pem: ill-formed PEM"),
        ];
        for (file, text, expected) in rows {
            files.write("chain.pem", &chain);
            files.write("key.pem", &key);
            files.write(file, text);
            let error = files.load().unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(expected), "{shown}");
            assert!(!shown.contains("MAA=") && !format!("{error:?}").contains("MAA="));
        }
        fs::remove_file(files.path("key.pem")).unwrap();
        fs::create_dir(files.path("key.pem")).unwrap();
        assert!(files.load().unwrap_err().to_string().ends_with("key.pem: not a regular file"));
    }

    #[test]
    fn no_key_is_shown() {
        let files = Files::new();
        files.renew(2049);
        let shown = format!("{:?}", files.load().unwrap());
        assert_eq!(shown, format!("Certificates {{ chain: {:?}, .. }}", files.path("chain.pem")));
    }
}
