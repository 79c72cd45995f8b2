//! What the operator chooses of how requests are answered.

/// What the operator chooses of how requests are answered. A value that never changes: a
/// [`Handle`](super::Handle) puts another in its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Whether answers carry what a client will ask next: addresses of the targets of NS, MX and
    /// SRV records, what terminal NAPTR records lead to. Referrals carry their glue in any case.
    pub additional: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { additional: true }
    }
}
