//! One zone that is signed here.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{ASK_PARENT, AskParents, RETRY, SigningStatus, Verdict, WATCH_PARENT, is_signed};
use crate::cli::config::SigningPolicy;
use crate::clock::UnixTime;
use crate::dnssec::lifecycle::{Key, KeyPolicy, KeyState, Plan, RingError, Role, Waiting};
use crate::dnssec::sign::{
    Denial, SigningOptions, ZoneKey, ZoneKeys, foreign_keys, sign_zone_telling, unsign_zone,
};
use crate::dnssec::{KeyStore, KeyStoreError, OnlineDenial, OpenKeys, Stamp};
use crate::record::Name;
use crate::zone::{SerialPolicy, Zone, is_newer_serial};

/// Signatures that are due within this part of the jitter are made together: each making builds the zone anew.
const TOGETHER: u64 = 12;
/// How long the proofs count that are signed when they are asked for, in seconds.
const ONLINE_VALIDITY: u64 = 3 * 24 * 60 * 60;
/// How often it is told how far a zone is that takes long.
const TELL_PROGRESS: Duration = Duration::from_secs(10);
/// After how many seconds it is tried again to note what is served.
const NOTE_AGAIN: u64 = 10;

pub(super) struct Signs {
    pub(super) policy: SigningPolicy,
    store: KeyStore,
    /// The keys as they were when they were looked at last.
    stamp: Option<Stamp>,
    /// The longest TTL of its source.
    pub(super) zone_ttl: u64,
    /// Whether its source is signed.
    pub(super) held_signed: bool,
    pub(super) served: Option<Served>,
    /// When keys have something to do.
    keys_due: Option<UnixTime>,
    /// When what failed is tried again.
    retry: Option<UnixTime>,
    fault: Option<String>,
    keys: Vec<(Role, KeyState, u64)>,
    /// When the parent is asked, if at all: soon while a key waits for it.
    ask_parent: Option<UnixTime>,
    waits_for_parent: bool,
    ds_lost: Arc<AtomicBool>,
}

/// What is served, or is about to be.
pub(super) struct Served {
    pub(super) plan: Plan,
    /// When the first signature ends; none where there are none.
    pub(super) expires: Option<UnixTime>,
    /// When the last begins to count: at the latest when it was made, by the clock that was then.
    pub(super) begins: UnixTime,
    /// As the policy had them.
    pub(super) options: SigningOptions,
    /// Whether it is known to the keys that it is served.
    pub(super) told: bool,
}

/// What a zone is signed with.
struct Prepared {
    plan: Plan,
    keys: ZoneKeys,
    serial: u32,
}

impl Signs {
    pub(super) fn new(policy: &SigningPolicy, store: KeyStore) -> Self {
        Self {
            policy: policy.clone(),
            store,
            stamp: None,
            zone_ttl: 0,
            held_signed: false,
            served: None,
            keys_due: None,
            retry: None,
            fault: None,
            keys: Vec::new(),
            ask_parent: None,
            waits_for_parent: false,
            ds_lost: Arc::default(),
        }
    }

    /// Takes another policy.
    pub(super) fn follow(&mut self, policy: &SigningPolicy) {
        if self.policy != *policy {
            self.policy = policy.clone();
            self.keys_due = Some(UnixTime(0));
        }
    }

    pub(super) fn due(&self) -> Option<UnixTime> {
        if let Some(retry) = self.retry {
            return Some(retry);
        }
        let signatures = self.served.as_ref().and_then(|served| self.signatures_due(served));
        [signatures, self.keys_due].into_iter().flatten().min()
    }

    fn signatures_due(&self, served: &Served) -> Option<UnixTime> {
        Some(served.expires?.minus(self.policy.options.refresh))
    }

    /// Whether there is something to do: also where the clock was set back, behind the beginning of a signature (RFC 4035
    /// §5.3.1) or so far that what failed would wait for long.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        let is_early = self.served.as_ref().is_some_and(|served| served.begins > now);
        let waits_too_long = self.retry.is_some_and(|retry| retry > now.plus(RETRY));
        self.due().is_some_and(|due| due <= now)
            || waits_too_long
            || (is_early && self.retry.is_none())
            || self.is_touched()
    }

    /// Whether somebody has changed the keys since they were looked at.
    fn is_touched(&self) -> bool {
        self.store.stamp() != self.stamp
    }

    pub(super) fn sign_source(&mut self, source: &Zone, former: Option<&Zone>, now: UnixTime) -> Verdict {
        self.zone_ttl = u64::from(source.longest_ttl().as_secs());
        self.held_signed = is_signed(source);
        match self.prepare(Some(source.serial()), now) {
            Ok(Some(prepared)) => self.sign(source, former, prepared, now),
            Ok(None) => Verdict::AsBefore,
            Err(error) => self.failed(source.apex(), &error, now),
        }
    }

    pub(super) fn sign_again(&mut self, served: &Zone, now: UnixTime) -> Verdict {
        if self.zone_ttl == 0 {
            self.zone_ttl = u64::from(served.longest_ttl().as_secs());
        }
        match self.prepare(None, now) {
            Ok(Some(prepared)) => self.sign(served, Some(served), prepared, now),
            Ok(None) => {
                (self.retry, self.fault) = (None, None);
                Verdict::AsBefore
            }
            Err(error) => self.failed(served.apex(), &error, now),
        }
    }

    pub(super) fn key_policy(&self) -> KeyPolicy {
        KeyPolicy { zone_ttl: self.zone_ttl, ..self.policy.keys }
    }

    /// Looks at the keys and takes every step that is due; what the zone is signed with then, where it must be.
    fn prepare(&mut self, source: Option<u32>, now: UnixTime) -> Result<Option<Prepared>, KeyStoreError> {
        let policy = self.key_policy();
        let (mut keys, changed) = self.look_at_keys(&policy, now)?;
        let plan = keys.ring.plan();
        let must = source.is_some() || self.must_sign(&plan, now);
        let serial = next_serial(keys.ring.serial(), source);
        if must {
            keys.ring.set_serial(serial);
        }
        if must || changed {
            keys.save(now)?;
        }
        self.note(&keys, &policy, now);
        let zone_keys = zone_keys(&keys, &plan);
        Ok(must.then_some(Prepared { plan, keys: zone_keys, serial }))
    }

    /// The keys after every step that is due, and whether there was one: then they are to be saved.
    pub(super) fn look_at_keys(
        &self,
        policy: &KeyPolicy,
        now: UnixTime,
    ) -> Result<(OpenKeys, bool), KeyStoreError> {
        let mut keys = self.store.open()?;
        let mut changed = keys.adopt(policy, now)? > 0;
        for new in keys.ring.wanted(policy, now) {
            match keys.make(new, now) {
                Ok(id) => {
                    tracing::info!(zone = %keys.apex(), key = %id, role = new.role.label(), "made a key");
                    changed = true;
                }
                Err(KeyStoreError::Ring(RingError::TooMany)) => {
                    tracing::error!(zone = %keys.apex(), "no key is made: {}", RingError::TooMany);
                }
                Err(error) => return Err(error),
            }
        }
        changed |= keys.ring.advance(policy, now);
        Ok((keys, changed))
    }

    /// Whether what is served is not, or will soon not be, what it should be.
    fn must_sign(&self, plan: &Plan, now: UnixTime) -> bool {
        self.served.as_ref().is_none_or(|served| {
            served.plan != *plan
                || served.begins > now
                || served.options != self.policy.options
                || self.signatures_due(served).is_some_and(|due| due <= now)
        })
    }

    /// Remembers what is to be known of the keys without opening them.
    pub(super) fn note(&mut self, keys: &OpenKeys, policy: &KeyPolicy, now: UnixTime) {
        self.stamp = self.store.stamp();
        self.keys_due = keys.ring.next_due(policy, now);
        let mut counts = BTreeMap::new();
        for key in keys.ring.keys() {
            *counts.entry((key.role, keys.ring.state(key, now))).or_insert(0) += 1;
        }
        self.keys = counts.into_iter().map(|((role, state), count)| (role, state, count)).collect();
        let waits = |key: &Key| {
            let waiting = keys.ring.waiting(key, policy, now);
            matches!(waiting, Some(Waiting::DsAtParent | Waiting::DsGone))
        };
        let counts_on = |key: &Key| key.ds.seen.is_some() && key.removed.is_none();
        self.waits_for_parent = keys.ring.keys().iter().any(waits);
        let is_asked = self.waits_for_parent || keys.ring.keys().iter().any(counts_on);
        let next = now.plus(self.parent_pause());
        // What is looked at once in a while is asked for soon where something waits for it.
        let first = if self.waits_for_parent { now } else { next };
        let at = self.ask_parent.map_or(first, |at| at.min(next));
        self.ask_parent = Some(at).filter(|_| is_asked && !self.policy.parents.is_empty());
    }

    /// Until the parent is asked again.
    fn parent_pause(&self) -> u64 {
        let most = if self.waits_for_parent { ASK_PARENT } else { WATCH_PARENT };
        self.policy.keys.parent_ttl.clamp(1, most)
    }

    fn sign(&mut self, zone: &Zone, former: Option<&Zone>, prepared: Prepared, now: UnixTime) -> Verdict {
        let Prepared { plan, keys, serial } = prepared;
        let mut options = self.policy.options.clone();
        options.serial = SerialPolicy::Exactly(serial);
        options.refresh = options.refresh.saturating_add(options.jitter / TOGETHER);
        if plan.is_unsigned() {
            return self.unsign(zone, plan, &options, now);
        }
        for other in foreign_keys(zone, keys.keys.iter().map(|key| &*key.key)) {
            tracing::warn!(zone = %zone.apex(), tag = other.key_tag(), "a DNSKEY record of the file is left out: its key is not here");
        }
        let mut told = Instant::now();
        let mut progress = |done: usize, of: usize| {
            if told.elapsed() >= TELL_PROGRESS {
                told = Instant::now();
                tracing::info!(zone = %zone.apex(), done, of, "signing");
            }
        };
        match sign_zone_telling(zone, &keys, &options, former, now, &mut progress) {
            Ok((zone, signed)) => {
                let (made, reused) = (signed.made, signed.reused);
                tracing::info!(zone = %zone.apex(), serial, made, reused, "signed");
                let zone = with_signer(zone, &keys, &options);
                self.serve(plan, Some(signed.earliest_expiration), signed.latest_inception);
                Verdict::Signed(Box::new(zone))
            }
            Err(error) => self.failed(zone.apex(), &error, now),
        }
    }

    /// A zone that has gone insecure, or is to stay so.
    fn unsign(&mut self, zone: &Zone, plan: Plan, options: &SigningOptions, now: UnixTime) -> Verdict {
        match unsign_zone(zone, options.serial) {
            Ok(zone) => {
                tracing::info!(zone = %zone.apex(), serial = zone.serial(), "not signed any more");
                self.serve(plan, None, UnixTime(0));
                Verdict::Signed(Box::new(zone))
            }
            Err(error) => self.failed(zone.apex(), &error, now),
        }
    }

    fn serve(&mut self, plan: Plan, expires: Option<UnixTime>, begins: UnixTime) {
        (self.retry, self.fault) = (None, None);
        self.served =
            Some(Served { plan, expires, begins, options: self.policy.options.clone(), told: false });
    }

    fn failed(&mut self, apex: &Name, error: &dyn Error, now: UnixTime) -> Verdict {
        self.stamp = self.store.stamp();
        self.retry = Some(now.plus(RETRY));
        let mut told = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            told = format!("{told}: {cause}");
            source = cause.source();
        }
        match &self.served {
            Some(Served { expires: Some(expires), .. }) => {
                let hours = expires.0.saturating_sub(now.0) / 3600;
                tracing::error!(zone = %apex, "not signed, and the first signature ends in {hours} hours: {told}");
            }
            _ => tracing::error!(zone = %apex, "not signed: {told}"),
        }
        self.fault = Some(told);
        Verdict::Failed
    }

    /// What was signed is served: from now on caches forget what was before.
    pub(super) fn published(&mut self, now: UnixTime) {
        let Some(Served { plan, told: false, .. }) = &self.served else { return };
        let revision = plan.revision;
        // What is served since this second is served by the next one.
        let served = now.plus(1);
        let noted = (|| {
            let mut keys = self.store.open()?;
            let news = keys.ring.published(revision, served);
            if news {
                keys.save(now)?;
            }
            self.note(&keys, &self.key_policy(), now);
            Ok::<_, KeyStoreError>(news)
        })();
        match noted {
            Ok(news) => {
                if let Some(served) = &mut self.served {
                    served.told = true;
                }
                // Where nothing needs to be waited for, the next step can be taken.
                self.keys_due = if news { Some(served) } else { self.keys_due };
            }
            Err(error) => {
                tracing::error!("what is served could not be noted with the keys: {error}");
                self.keys_due = Some(now.plus(NOTE_AGAIN));
            }
        }
    }

    pub(super) fn status(&self) -> SigningStatus {
        let expires = self.served.as_ref().and_then(|served| served.expires);
        SigningStatus {
            expires,
            begins: expires.and(self.served.as_ref().map(|served| served.begins)),
            worrying: expires.map(|expires| expires.minus(self.policy.options.refresh / 2)),
            keys: self.keys.clone(),
            fault: self.fault.clone(),
            ds_lost: self.ds_lost.load(Ordering::Relaxed),
        }
    }

    pub(super) fn asks_parents(&mut self, apex: &Name, now: UnixTime) -> Option<AskParents> {
        self.ask_parent.filter(|&at| at <= now)?;
        self.ask_parent = Some(now.plus(self.parent_pause()));
        let (apex, store, parents) = (apex.clone(), self.store.clone(), self.policy.parents.clone());
        Some(AskParents { apex, store, parents, lost: Arc::clone(&self.ds_lost) })
    }
}

/// The serial number of what is published next: the source's where that is newer than all that was published.
fn next_serial(published: Option<u32>, source: Option<u32>) -> u32 {
    match (published, source) {
        (None, source) => source.unwrap_or(1),
        (Some(published), Some(source)) if is_newer_serial(source, published) => source,
        (Some(published), _) => SerialPolicy::Increment.next(published),
    }
}

/// The zone with who denies for it what is not there, where that is done when it is asked.
pub(super) fn with_signer(zone: Zone, keys: &ZoneKeys, options: &SigningOptions) -> Zone {
    let online = || OnlineDenial::new(zone.apex(), keys, ONLINE_VALIDITY, options.backdate);
    let online = if options.denial == Denial::Online { online() } else { None };
    zone.with_online_signer(online.map(|signer| Arc::new(signer) as _))
}

pub(super) fn zone_keys(keys: &OpenKeys, plan: &Plan) -> ZoneKeys {
    let zone_key = |key: &Key| {
        let file = keys.file(key.id)?;
        let published = plan.dnskeys.contains(&key.id);
        Some(ZoneKey {
            key: Arc::clone(&file.key),
            flags: file.flags,
            published,
            signs_keys: published && key.role.signs_keys(),
            signs_zone: plan.signers.contains(&key.id),
            in_cds: plan.cds.contains(&key.id),
        })
    };
    let keys = keys.ring.keys().iter().filter_map(zone_key);
    ZoneKeys { keys: keys.collect(), delete_ds: plan.delete_ds, ..ZoneKeys::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_never_go_back() {
        assert_eq!(next_serial(None, Some(7)), 7);
        assert_eq!(next_serial(Some(7), Some(8)), 8);
        assert_eq!(next_serial(Some(9), Some(8)), 10);
        assert_eq!(next_serial(Some(9), Some(9)), 10);
        assert_eq!(next_serial(Some(u32::MAX), None), 1);
    }
}
