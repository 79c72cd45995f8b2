//! NSEC. Source: RFC 4034 §4.

use super::TypeBitmap;
use crate::record::Name;

/// Which types a name has, and which name follows it in canonical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nsec<'a> {
    /// The next owner name; the apex after the last.
    pub next: Name,
    /// The types.
    pub types: TypeBitmap<'a>,
}

impl<'a> Nsec<'a> {
    /// Reads record data; `None` where no whole name stands in front.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        let (next, types) = rdata.split_at(Name::wire_len(rdata).ok()?);
        Some(Self { next: Name::from_wire(next).ok()?, types: TypeBitmap::new(types) })
    }

    /// Record data. The next name keeps its case (RFC 6840 §5.1).
    #[must_use]
    pub fn rdata_of(next: &Name, types: impl IntoIterator<Item = crate::record::Rtype>) -> Vec<u8> {
        let mut rdata = next.as_wire().to_vec();
        TypeBitmap::write(types, &mut rdata);
        rdata
    }

    /// Whether no name exists between `owner`, which has this record, and the next one that `name` is.
    /// Source: RFC 4034 §4.1.1; the last record's next name is the apex, which comes before all others.
    #[must_use]
    pub fn covers(&self, owner: &Name, name: &Name) -> bool {
        if *owner < self.next { owner < name && *name < self.next } else { owner < name || *name < self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Rtype;

    #[test]
    fn what_is_covered() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let rdata = Nsec::rdata_of(&name("c.example."), [Rtype::A]);
        let nsec = Nsec::parse(&rdata).unwrap();
        assert!(nsec.types.contains(Rtype::A));
        let covers = |name_: &str| nsec.covers(&name("a.example."), &name(name_));
        assert!(covers("b.example.") && covers("z.a.example.") && covers("B.example."));
        assert!(
            !covers("a.example.") && !covers("c.example.") && !covers("example.") && !covers("d.example.")
        );
        let last = Nsec::rdata_of(&name("example."), []);
        let last = Nsec::parse(&last).unwrap();
        assert!(last.covers(&name("c.example."), &name("d.example.")));
        assert!(!last.covers(&name("c.example."), &name("b.example.")));
    }
}
