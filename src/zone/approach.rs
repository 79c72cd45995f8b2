//! A look-up in steps, so that many can be under way at once: each step asks memory for what the next one reads.
//!
//! The steps change no answer: whoever takes none of them waits for memory in [`Approach::look_up`] instead.

use super::catalog::{Authority, Catalog};
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

/// What memory was asked for.
enum OnItsWay<'c> {
    Nothing,
    /// Where the page is.
    Slot,
    /// What is on the page.
    Index(&'c Page),
    /// The node that has the name's tag, where one has.
    Node(&'c Page, Option<Seat>),
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
    /// After so many calls of [`Approach::fetch`] nothing is left to be asked for.
    pub const STEPS: usize = 3;

    /// Who answers for the name.
    #[must_use]
    pub fn authority(&self) -> Option<Authority<'c>> {
        self.authority
    }

    /// Goes a step on. Best done with many look-ups before the next step of any.
    pub fn fetch(&mut self) {
        let Some(Authority::Zone(zone)) = self.authority else { return };
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
            OnItsWay::Index(page) => {
                let seat = page.seat(tag(self.hash));
                if let Some(seat) = seat {
                    page.fetch_node(seat);
                }
                OnItsWay::Node(page, seat)
            }
            OnItsWay::Node(page, seat) => OnItsWay::Node(page, seat),
        };
    }

    /// What `zone`, which is who answers, has for the name and the type.
    #[must_use]
    pub fn look_up(&self, zone: &'c Zone, name: &QueryName<'_>, rtype: Rtype) -> LookUp<'c> {
        zone.look_up_from(name, rtype, self.exact(zone, name))
    }

    /// The node of exactly this name.
    fn exact(&self, zone: &'c Zone, name: &QueryName<'_>) -> Option<Node<'c>> {
        let below = name.between(name.label_count(), zone.apex_labels);
        match self.on_its_way {
            OnItsWay::Node(_, None) => None,
            OnItsWay::Node(page, Some(seat)) => page.find_from(seat, below),
            _ => zone.spine.find(self.hash, below),
        }
    }
}
