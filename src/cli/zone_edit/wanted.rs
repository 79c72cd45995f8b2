//! What a source says of one identifier or name, and where.

use std::ops::Range;

use super::Whose;
use crate::clock::UnixTime;
use crate::record::mimisig::{Body, Endpoint, Mimisig};
use crate::record::{Name, Rtype};
use crate::zone::{Loaded, Wanted, What, places};

/// A record, or a `$IDENTIFIER` line, in one of the zone's files.
pub(super) struct Found {
    pub(super) file: u32,
    pub(super) lines: Range<usize>,
    pub(super) what: What,
    /// What the statement says, where it is one; drafts too.
    statement: Option<Mimisig>,
}

impl Found {
    pub(super) fn rtype(&self) -> Option<Rtype> {
        match self.what {
            What::Record { rtype, .. } => Some(rtype),
            What::Section | What::Soa { .. } => None,
        }
    }

    /// Whether another record may stand below it as its kin.
    pub(super) fn is_kin(&self) -> bool {
        !matches!(self.what, What::Soa { .. })
    }

    /// Whether it is a statement whose time is over.
    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        self.statement.as_ref().is_some_and(|statement| statement.expiration() <= now)
    }

    pub(super) fn issuer(&self) -> Option<&Name> {
        self.statement.as_ref()?.body().issuer()
    }

    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        match self.statement.as_ref().map(Mimisig::body) {
            Some(Body::Mapping(mapping)) => mapping.endpoints.clone(),
            _ => Vec::new(),
        }
    }
}

/// A mapping of this provider, or of any.
pub(super) fn is_mapping_of(found: &Found, msp: Option<&Name>) -> bool {
    match found.statement.as_ref().map(Mimisig::body) {
        Some(Body::Mapping(mapping)) => msp.is_none_or(|msp| mapping.issuer == *msp),
        _ => false,
    }
}

/// In the order of the files, each in its own order.
pub(super) fn find(loaded: &Loaded, whose: &Whose) -> Vec<Found> {
    let mut all = Vec::new();
    let wanted = match whose {
        Whose::Identifier(identifier) => Wanted::Identifier(identifier),
        Whose::Owner(owner) => Wanted::Owner(owner),
    };
    let statements = match whose {
        Whose::Identifier(identifier) => loaded
            .identifiers
            .iter()
            .find(|source| source.identifier == *identifier)
            .map(|source| &*source.statements),
        Whose::Owner(_) => None,
    };
    let files = loaded.sources.paths().count();
    for file in 0..u32::try_from(files).unwrap_or(u32::MAX) {
        // Names of a file that is included are completed as its includer says, which is not known here.
        if file > 0 && matches!(whose, Whose::Owner(_)) {
            break;
        }
        let text = loaded.sources.text(file).unwrap_or_default();
        for place in places(text, wanted, None) {
            let here =
                |offset: u32| usize::try_from(offset).is_ok_and(|offset| place.lines.contains(&offset));
            let statement = statements
                .unwrap_or_default()
                .iter()
                .find(|(span, _)| span.file == file && here(span.offset));
            let statement = statement.and_then(|(_, rdata)| Mimisig::parse(rdata).ok());
            all.push(Found { file, lines: place.lines, what: place.what, statement });
        }
    }
    all
}

/// Where the SOA record's serial number stands.
pub(super) fn serial(loaded: &Loaded) -> Option<(u32, Range<usize>)> {
    let root = Name::root();
    let files = u32::try_from(loaded.sources.paths().count()).unwrap_or(u32::MAX);
    (0..files).find_map(|file| {
        let text = loaded.sources.text(file)?;
        places(text, Wanted::Owner(&root), None).into_iter().find_map(|place| match place.what {
            What::Soa { serial } => Some((file, serial)),
            _ => None,
        })
    })
}
