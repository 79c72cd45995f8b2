//! A zone planned, signed by all cores and put together.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::batch::{Batch, Job, Signer};
use super::chain::Chain;
use super::keys::ZoneKeys;
use super::options::{Denial, Signed, SigningOptions};
use super::plan::plan;
use super::reuse::{Former, Set};
use super::{SignError, zonemd};
use crate::clock::UnixTime;
use crate::record::dnssec::{DigestType, Dnskey, Ds, Nsec3Params};
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};
use crate::zone::{BuildFault, Change, SerialPolicy, Severity, Span, Zone, ZoneBuilder};

/// Names that a thread takes at a time.
const BATCH: usize = 256;
/// Batches that wait to be put together, for each thread.
const WAITING: usize = 4;

pub(super) fn run(
    zone: &Zone,
    keys: &ZoneKeys,
    options: &SigningOptions,
    former: Option<&Zone>,
    now: UnixTime,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Zone, Signed), SignError> {
    let names = plan(zone);
    let chain = Chain::new(options.denial, zone.apex(), &names)?;
    let serial = serial(zone, former, options.serial);
    let at_apex = at_apex(zone, keys, options, serial);
    let announced: &[Rtype] = if options.zonemd.is_some() { &[Rtype::ZONEMD] } else { &[] };
    let former = former.and_then(|former| Former::new(former, zone, now, options.refresh));
    let signers = signers(keys, former.as_ref());
    let job = Job {
        apex: zone.apex(),
        class: zone.class(),
        names: &names,
        chain: &chain,
        at_apex: &at_apex,
        announced,
        denial_ttl: zone.negative_soa().ttl(),
        signers: &signers,
        former: former.as_ref(),
        options,
        now,
    };
    let (builder, mut total) = sign(&job, threads(options.threads), progress);
    let built = builder.build();
    let mut signed = built.zone.ok_or_else(|| SignError::Faults(errors(built.faults)))?;
    if let Some(hash) = options.zonemd {
        let rdata = zonemd::rdata(&signed, hash);
        signed = with_zonemd(&signed, &job, rdata, &mut total)?;
    }
    let told = Signed {
        made: total.made,
        reused: total.reused,
        next_due: total.earliest_expiration.minus(options.refresh),
        earliest_expiration: total.earliest_expiration,
        latest_inception: total.latest_inception,
        serial,
    };
    Ok((signed, told))
}

fn threads(wanted: Option<NonZeroUsize>) -> usize {
    let cores = || thread::available_parallelism().ok();
    wanted.or_else(cores).map_or(1, NonZeroUsize::get)
}

/// Signs every name and puts what comes of it together as it comes.
fn sign(job: &Job<'_>, threads: usize, progress: &mut dyn FnMut(usize, usize)) -> (ZoneBuilder, Batch) {
    let steps = job.steps();
    let next = AtomicUsize::new(0);
    let (mut builder, mut total, mut done) = (ZoneBuilder::new(), Batch::new(), 0);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(threads * WAITING);
        for _ in 0..threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let first = next.fetch_add(BATCH, Ordering::Relaxed);
                    if first >= steps {
                        return;
                    }
                    let last = (first + BATCH).min(steps);
                    let mut batch = Batch::new();
                    (first..last).for_each(|step| job.step(step, &mut batch));
                    if sender.send((last - first, batch)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (count, batch) in receiver {
            for record in &batch.records {
                builder.add(record, Span::default());
            }
            total.add(&batch);
            done += count;
            progress(done, steps);
        }
    });
    (builder, total)
}

impl Batch {
    fn add(&mut self, other: &Self) {
        self.made += other.made;
        self.reused += other.reused;
        self.earliest_expiration = self.earliest_expiration.min(other.earliest_expiration);
        self.latest_inception = self.latest_inception.max(other.latest_inception);
    }
}

/// The serial number after the zone's, or after that of the former zone where it is newer.
fn serial(zone: &Zone, former: Option<&Zone>, policy: SerialPolicy) -> u32 {
    let own = zone.serial();
    match (policy, former.map(Zone::serial)) {
        (SerialPolicy::Increment | SerialPolicy::UnixTime(_), Some(former))
            if crate::zone::is_newer_serial(former, own) =>
        {
            policy.next(former)
        }
        _ => policy.next(own),
    }
}

/// RRsets of the apex that come from keys and options, and the SOA record.
fn at_apex(
    zone: &Zone,
    keys: &ZoneKeys,
    options: &SigningOptions,
    serial: u32,
) -> Vec<(Rtype, Ttl, Vec<Rdata>)> {
    let soa = zone.soa();
    let soas = soa.records().map(|record| crate::zone::with_serial(record.rdata(), serial).into()).collect();
    let ttl = options.key_ttl.unwrap_or(soa.ttl());
    let (cds, cdnskey) = sync(zone.apex(), keys);
    // As BIND does: who changes the parameters wants no cache to know the old ones.
    let parameters = match options.denial {
        Denial::Nsec3 { .. } => vec![Nsec3Params::BEST.rdata().into()],
        Denial::Nsec | Denial::Online => Vec::new(),
    };
    let sets = [
        (Rtype::SOA, soa.ttl(), soas),
        (Rtype::DNSKEY, ttl, keys.dnskeys()),
        (Rtype::CDS, ttl, cds),
        (Rtype::CDNSKEY, ttl, cdnskey),
        (Rtype::NSEC3PARAM, Ttl::ZERO, parameters),
    ];
    sets.into_iter().filter(|(.., rdatas)| !rdatas.is_empty()).collect()
}

/// Data of CDS and CDNSKEY. Source: RFC 7344 §3, RFC 8078 §4.
fn sync(apex: &Name, keys: &ZoneKeys) -> (Vec<Rdata>, Vec<Rdata>) {
    if keys.delete_ds {
        return (vec![[0, 0, 0, 0, 0].into()], vec![[0, 0, 3, 0, 0].into()]);
    }
    let own = keys.keys.iter().filter(|key| key.in_cds).map(|key| key.dnskey().into());
    let others = keys.others.iter().filter(|other| other.in_cds).map(|other| other.dnskey.clone());
    let dnskeys: Vec<Rdata> = own.chain(others).collect();
    let ds = |rdata: &Rdata| Ds::rdata_of(apex, &Dnskey::parse(rdata)?, DigestType::SHA256);
    (dnskeys.iter().filter_map(ds).map(Rdata::from).collect(), dnskeys)
}

pub(super) fn signers<'a>(keys: &'a ZoneKeys, former: Option<&Former<'_>>) -> Vec<Signer<'a>> {
    let signing = keys.keys.iter().filter(|key| key.signs_keys || key.signs_zone);
    let signer = |key: &'a super::ZoneKey| {
        let mut signer = Signer {
            key: &key.key,
            algorithm: key.key.algorithm(),
            tag: key.key_tag(),
            signs_keys: key.signs_keys,
            signs_zone: key.signs_zone,
            reuses: false,
        };
        signer.reuses = former.is_some_and(|former| former.is_signed_by(&signer));
        signer
    };
    signing.map(signer).collect()
}

/// The zone with its digest, which is signed when all else is.
fn with_zonemd(zone: &Zone, job: &Job<'_>, rdata: Vec<u8>, total: &mut Batch) -> Result<Zone, SignError> {
    let (owner, rtype, ttl) = (zone.apex(), Rtype::ZONEMD, zone.soa().ttl());
    let signatures = job.signatures(&Set { owner, rtype, ttl, rdatas: &[&rdata] }, total);
    let rrset = Rrset { owner: owner.clone(), class: zone.class(), rtype, ttl, rdatas: vec![rdata.into()] };
    zone.derive(&[Change::Put { rrset, signatures }]).map_err(SignError::Faults)
}

pub(super) fn errors(faults: Vec<BuildFault>) -> Vec<BuildFault> {
    faults.into_iter().filter(|fault| fault.severity == Severity::Error).collect()
}
