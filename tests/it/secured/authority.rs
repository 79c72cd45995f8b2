//! An authority of the tests' own, and certificates for the server by it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;

/// What the server's certificate is for.
pub(crate) const SERVER_NAME: &str = "dns.example";

/// An authority, and the files of the server's certificate and key.
pub(crate) struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut wanted = CertificateParams::new([]).unwrap();
        // With one name for both OpenSSL takes the server's certificate for its own issuer's.
        wanted.distinguished_name.push(DnType::CommonName, "authority");
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = wanted.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        let certificate = certificate.der().clone();
        Self { folder, issuer: Issuer::new(wanted, key), certificate }
    }

    /// Gives the server another certificate and key. Returns the certificate.
    pub(crate) fn renew(&self) -> CertificateDer<'static> {
        let wanted = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = wanted.signed_by(&key, &self.issuer).unwrap();
        for (path, text) in [(self.chain(), certificate.pem()), (self.key(), key.serialize_pem())] {
            let new = self.folder.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(new, path).unwrap();
        }
        certificate.der().clone()
    }

    /// The file of the authority's own certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The file of the server's certificate.
    pub(crate) fn chain(&self) -> PathBuf {
        self.folder.path().join("chain.pem")
    }

    /// The file of the server's key.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// This authority alone.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    /// A client that believes this authority alone and offers these protocols.
    pub(crate) fn client(&self, protocols: &[&[u8]]) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        config
    }
}
