//! A look-up in steps, so that many can be under way at once: each step asks memory for what the next one reads.
//!
//! The steps change no answer: whoever takes none of them waits for memory in [`Approach::look_up`] instead.

use super::catalog::{Authority, Catalog};
use super::denial::Foreseen;
use super::fetch::fetch;
use super::look_up::LookUp;
use super::node::Node;
use super::page::{Page, Seat};
use super::query_name::QueryName;
use super::snapshot::Zone;
use super::spine::tag;
use crate::record::{Class, Rtype};

/// A name on the way to what stands there.
pub struct Approach<'c> {
    authority: Option<Authority<'c>>,
    /// The name's, in the zone.
    hash: u64,
    on_its_way: OnItsWay<'c>,
}

/// What is asked for at a name.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The records of this type.
    pub rtype: Rtype,
    /// And their signatures, or proof that there are none.
    pub signed: bool,
}

/// What memory was asked for.
enum OnItsWay<'c> {
    Nothing,
    /// Where the page is.
    Slot,
    /// What is on the page.
    Index(&'c Page),
    /// The name and the directory of the node that has the name's tag.
    Head(&'c Page, Seat),
    /// The records of the name's node.
    Exact(Option<Node<'c>>),
    /// There is no such node: what proves that.
    Absent(Option<Foreseen<'c>>),
}

impl Catalog {
    /// Begins to look a name up that is asked for with this type and class.
    #[must_use]
    pub fn approach(&self, name: &QueryName<'_>, rtype: Rtype, class: Class) -> Approach<'_> {
        let authority = self.find(name, rtype, class);
        let hash = match authority {
            Some(Authority::Zone(zone)) => zone.hash.of(name, zone.apex_labels, name.label_count()),
            Some(Authority::Awaited) | None => 0,
        };
        Approach { authority, hash, on_its_way: OnItsWay::Nothing }
    }
}

impl<'c> Approach<'c> {
    /// Who answers for the name.
    #[must_use]
    pub fn authority(&self) -> Option<Authority<'c>> {
        self.authority
    }

    /// Goes a step on, for the name that it was begun with; whether there is another. Best done with many look-ups
    /// before the next step of any.
    pub fn fetch(&mut self, name: &QueryName<'_>, asked: Asked) -> bool {
        let Some(Authority::Zone(zone)) = self.authority else { return false };
        self.on_its_way = match self.on_its_way {
            OnItsWay::Nothing => {
                zone.spine.fetch_slot(self.hash);
                OnItsWay::Slot
            }
            OnItsWay::Slot => {
                let page = zone.spine.page_of(self.hash);
                page.fetch_index();
                OnItsWay::Index(page)
            }
            OnItsWay::Index(page) => match page.seat(tag(self.hash)) {
                Some(seat) => {
                    page.fetch_head(seat, below(zone, name).len());
                    OnItsWay::Head(page, seat)
                }
                None if asked.signed => OnItsWay::Absent(Foreseen::begin(zone, name)),
                None => OnItsWay::Absent(None),
            },
            OnItsWay::Head(page, seat) => {
                let node = page.find_from(seat, below(zone, name));
                if let Some(rrset) = node.and_then(|node| node.rrset(asked.rtype)) {
                    fetch(if asked.signed { rrset.signed_octets() } else { rrset.octets() });
                }
                OnItsWay::Exact(node)
            }
            OnItsWay::Exact(node) => OnItsWay::Exact(node),
            OnItsWay::Absent(foreseen) => {
                OnItsWay::Absent(foreseen.map(|foreseen| foreseen.fetch(zone, name)))
            }
        };
        match self.on_its_way {
            OnItsWay::Exact(_) | OnItsWay::Absent(None) => false,
            OnItsWay::Absent(Some(foreseen)) => !foreseen.is_done(),
            _ => true,
        }
    }

    /// What `zone`, which is who answers, has for the name and the type.
    #[must_use]
    pub fn look_up(&self, zone: &'c Zone, name: &QueryName<'_>, rtype: Rtype) -> LookUp<'c> {
        zone.look_up_from(name, rtype, self.exact(zone, name))
    }

    /// What was found already of what proves that the name is absent.
    #[must_use]
    pub fn foreseen(&self) -> Option<Foreseen<'c>> {
        match self.on_its_way {
            OnItsWay::Absent(foreseen) => foreseen,
            _ => None,
        }
    }

    /// The node of exactly this name.
    fn exact(&self, zone: &'c Zone, name: &QueryName<'_>) -> Option<Node<'c>> {
        match self.on_its_way {
            OnItsWay::Exact(node) => node,
            OnItsWay::Absent(_) => None,
            OnItsWay::Head(page, seat) => page.find_from(seat, below(zone, name)),
            _ => zone.spine.find(self.hash, below(zone, name)),
        }
    }
}

/// The labels of a name in front of the apex.
fn below<'n>(zone: &Zone, name: &QueryName<'n>) -> &'n [u8] {
    name.between(name.label_count(), zone.apex_labels)
}
