//! What Prometheus reads: every measure, once, each read from the server's own counts when it is asked for.
//!
//! No label ever holds an identifier or an owner name: apexes, file names and words only.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::super::afterwards::Ends;
use super::super::shelf::{FileStatus, ZoneStatus};
use super::super::shelved::Origin;
use super::super::signing::SigningStatus;
use super::super::status::{Reload, Status};
use crate::clock::UnixTime;
use crate::server::{Handle, Latencies, Latency, LimitKind, Limited, LimitedPrefix, Outcome, Transport};

/// What the text is called by those who send it.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Prefixes that are shown at a time: each is a series of its own to Prometheus.
const WORST: usize = 16;

/// One measure.
struct Metric {
    /// Without the `_total` of counters and the `_info` of facts.
    name: &'static str,
    help: &'static str,
    kind: Kind,
    read: fn(&Status) -> Vec<Sample>,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Info,
    Histogram,
}

struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    Whole(u64),
    Fraction(f64),
    Times(Latency),
}

/// All of them, in the order in which they are written.
const METRICS: &[Metric] = &[
    Metric {
        name: "mimi_dns_build",
        help: "The program's version.",
        kind: Kind::Info,
        read: |_| {
            let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
            vec![Sample { labels, value: Value::Whole(1) }]
        },
    },
    Metric {
        name: "process_start_time_seconds",
        help: "When the server started, in seconds since 1970.",
        kind: Kind::Gauge,
        read: |status| one(status.started.0),
    },
    Metric {
        name: "mimi_dns_requests",
        help: "Requests by the transport that they came over and by what became of them.",
        kind: Kind::Counter,
        read: requests,
    },
    Metric {
        name: "mimi_dns_response_seconds",
        help: "How long replies took, from reading the request until the reply could be sent: of one round in 64.",
        kind: Kind::Histogram,
        read: latencies,
    },
    Metric {
        name: "mimi_dns_limited",
        help: "Replies that were limited, by the kind of reply and by what was done instead.",
        kind: Kind::Counter,
        read: limited,
    },
    Metric {
        name: "mimi_dns_limited_prefix_replies",
        help: "Replies that were limited since the prefix began to be, for the prefixes with most of them.",
        kind: Kind::Gauge,
        read: limited_prefixes,
    },
    Metric {
        name: "mimi_dns_connections",
        help: "Connections that are open, over TCP, TLS, HTTPS and QUIC together.",
        kind: Kind::Gauge,
        read: |status| one(status.handle().map_or(0, |handle| handle.connections() as u64)),
    },
    Metric {
        name: "mimi_dns_connections_replaced",
        help: "Connections that were closed because others came and there was no place left.",
        kind: Kind::Counter,
        read: |status| one(status.handle().map_or(0, Handle::connections_replaced)),
    },
    Metric {
        name: "mimi_dns_certificate_expiry_timestamp_seconds",
        help: "When the certificate of the encrypted transports ends, in seconds since 1970.",
        kind: Kind::Gauge,
        read: |status| {
            let not_after = status.certificates().and_then(|certificates| certificates.not_after());
            not_after.map_or_else(Vec::new, |at| one(at.0))
        },
    },
    Metric {
        name: "mimi_dns_zones",
        help: "Zones that are served.",
        kind: Kind::Gauge,
        read: |status| one(status.files().iter().filter(|file| file.zone.is_some()).count() as u64),
    },
    Metric {
        name: "mimi_dns_zone_serial",
        help: "The serial that is served.",
        kind: Kind::Gauge,
        read: |status| zones(status, |zone| Value::Whole(zone.serial.into())),
    },
    Metric {
        name: "mimi_dns_zone_names",
        help: "Names in the zone, empty non-terminals included.",
        kind: Kind::Gauge,
        read: |status| zones(status, |zone| Value::Whole(zone.names as u64)),
    },
    Metric {
        name: "mimi_dns_zone_loaded_timestamp_seconds",
        help: "When what is served was loaded, in seconds since 1970.",
        kind: Kind::Gauge,
        read: |status| zones(status, |zone| Value::Whole(zone.loaded_at.0)),
    },
    Metric {
        name: "mimi_dns_zone_load_duration_seconds",
        help: "How long it took to load what is served.",
        kind: Kind::Gauge,
        read: |status| zones(status, |zone| Value::Fraction(zone.took.as_secs_f64())),
    },
    Metric {
        name: "mimi_dns_zone_from_image",
        help: "1 where what is served was loaded from an image, 0 where it was from text.",
        kind: Kind::Gauge,
        read: |status| zones(status, |zone| Value::Whole((zone.origin == Origin::Image).into())),
    },
    Metric {
        name: "mimi_dns_zone_file_failed",
        help: "1 where the file could not be loaded last time: what it held before is served, if anything.",
        kind: Kind::Gauge,
        read: |status| {
            let failed = |file: &FileStatus| Sample {
                labels: vec![("file", file.file.display().to_string())],
                value: Value::Whole(file.fault.is_some().into()),
            };
            status.files().iter().map(failed).collect()
        },
    },
    Metric {
        name: "mimi_dns_zone_signature_expiry_timestamp_seconds",
        help: "When the first signature of a zone ends, in seconds since 1970.",
        kind: Kind::Gauge,
        read: |status| ends(status, ZoneStatus::signatures_end),
    },
    Metric {
        name: "mimi_dns_zone_signature_inception_timestamp_seconds",
        help: "When the last signature of a zone is good, in seconds since 1970: until then the zone is bogus.",
        kind: Kind::Gauge,
        read: |status| ends(status, ZoneStatus::signatures_begin),
    },
    Metric {
        name: "mimi_dns_zone_statement_expiry_timestamp_seconds",
        help: "When the first statement of a zone ends that held when the zone was loaded, in seconds since 1970.",
        kind: Kind::Gauge,
        read: |status| ends(status, |_, ends| ends?.statements),
    },
    Metric {
        name: "mimi_dns_zone_signing_failed",
        help: "1 where the zone could not be signed last time: it is served as it was before, if at all.",
        kind: Kind::Gauge,
        read: |status| signed(status, |signing| Some(Value::Whole(signing.fault.is_some().into()))),
    },
    Metric {
        name: "mimi_dns_zone_ds_lost",
        help: "1 where the servers of the parent have lost a DS record that they had and should have.",
        kind: Kind::Gauge,
        read: |status| signed(status, |signing| Some(Value::Whole(signing.ds_lost.into()))),
    },
    Metric {
        name: "mimi_dns_zone_keys",
        help: "Keys of a zone that is signed here, by role and state.",
        kind: Kind::Gauge,
        read: keys,
    },
    Metric {
        name: "mimi_dns_reloads",
        help: "Reloads by how they ended.",
        kind: Kind::Counter,
        read: |status| {
            let reloads = |&how: &Reload| Sample {
                labels: vec![("result", how.label().to_owned())],
                value: Value::Whole(status.reloads(how)),
            };
            Reload::ALL.iter().map(reloads).collect()
        },
    },
    Metric {
        name: "mimi_dns_configuration_failed",
        help: "1 where the configuration had errors when it was last read: the settings are those from before.",
        kind: Kind::Gauge,
        read: |status| one(status.is_configuration_refused().into()),
    },
];

fn requests(status: &Status) -> Vec<Sample> {
    let pairs = Transport::ALL
        .iter()
        .flat_map(|&transport| Outcome::ALL.iter().map(move |&outcome| (transport, outcome)));
    let count = |(transport, outcome): (Transport, Outcome)| {
        let labels =
            vec![("transport", transport.label().to_owned()), ("outcome", outcome.label().to_owned())];
        let requests = status.handle().map_or(0, |handle| handle.counts().over(transport, outcome));
        Sample { labels, value: Value::Whole(requests) }
    };
    pairs.map(count).collect()
}

fn latencies(status: &Status) -> Vec<Sample> {
    let Some(handle) = status.handle() else { return Vec::new() };
    let pairs =
        Transport::ALL.iter().flat_map(|&transport| Latencies::KINDS.map(move |kind| (transport, kind)));
    let times = |(transport, kind): (Transport, LimitKind)| {
        let labels = vec![("transport", transport.label().to_owned()), ("kind", kind.label().to_owned())];
        let times = handle.latencies().of(transport, kind)?;
        Some(Sample { labels, value: Value::Times(times) })
    };
    pairs.filter_map(times).collect()
}

fn limited(status: &Status) -> Vec<Sample> {
    let pairs = LimitKind::ALL.iter().flat_map(|&kind| Limited::ALL.iter().map(move |&how| (kind, how)));
    let count = |(kind, how): (LimitKind, Limited)| {
        let labels = vec![("kind", kind.label().to_owned()), ("action", how.label().to_owned())];
        let replies = status.handle().map_or(0, |handle| handle.limit_counts().of(kind, how));
        Sample { labels, value: Value::Whole(replies) }
    };
    pairs.map(count).collect()
}

fn limited_prefixes(status: &Status) -> Vec<Sample> {
    let worst = status.handle().map_or_else(Vec::new, |handle| handle.limited_prefixes(WORST));
    let sample = |limited: LimitedPrefix| Sample {
        labels: vec![("prefix", limited.prefix.to_string()), ("kind", limited.kind.label().to_owned())],
        value: Value::Whole(limited.limited),
    };
    worst.into_iter().map(sample).collect()
}

fn zones(status: &Status, value: impl Fn(&ZoneStatus) -> Value) -> Vec<Sample> {
    let files = status.files();
    let zones = files.iter().filter_map(|file| file.zone.as_ref());
    zones.map(|zone| Sample { labels: vec![("zone", zone.apex.to_string())], value: value(zone) }).collect()
}

fn ends(status: &Status, end: impl Fn(&ZoneStatus, Option<&Ends>) -> Option<UnixTime>) -> Vec<Sample> {
    let (files, ends) = (status.files(), status.ends());
    let zones = files.iter().filter_map(|file| file.zone.as_ref());
    let sample = |zone: &ZoneStatus| {
        let value = Value::Whole(end(zone, ends.get(&zone.apex))?.0);
        Some(Sample { labels: vec![("zone", zone.apex.to_string())], value })
    };
    zones.filter_map(sample).collect()
}

fn signed(status: &Status, value: impl Fn(&SigningStatus) -> Option<Value>) -> Vec<Sample> {
    let files = status.files();
    let zones = files.iter().filter_map(|file| file.zone.as_ref());
    let sample = |zone: &ZoneStatus| {
        let labels = vec![("zone", zone.apex.to_string())];
        Some(Sample { labels, value: value(zone.signing.as_ref()?)? })
    };
    zones.filter_map(sample).collect()
}

fn keys(status: &Status) -> Vec<Sample> {
    let files = status.files();
    let zones = files.iter().filter_map(|file| file.zone.as_ref());
    let counts = zones.filter_map(|zone| Some((&zone.apex, zone.signing.as_ref()?)));
    let samples = counts.flat_map(|(apex, signing)| {
        signing.keys.iter().map(move |&(role, state, count)| Sample {
            labels: vec![
                ("zone", apex.to_string()),
                ("role", role.label().to_owned()),
                ("state", state.label().to_owned()),
            ],
            value: Value::Whole(count),
        })
    });
    samples.collect()
}

/// Everything, as text.
pub(super) fn write(status: &Arc<Status>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Reading(Arc::clone(status))));
    let mut written = String::new();
    text::encode(&mut written, &registry)?;
    Ok(written)
}

struct Reading(Arc<Status>);

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        METRICS.iter().try_for_each(|metric| metric.encode(&self.0, &mut encoder))
    }
}

impl Metric {
    fn encode(&self, status: &Status, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Info => MetricType::Info,
            Kind::Histogram => MetricType::Histogram,
        };
        let mut encoder = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        for sample in (self.read)(status) {
            if let Kind::Info = self.kind {
                encoder.encode_info(&sample.labels)?;
            } else if sample.labels.is_empty() {
                self.write(&mut encoder, sample.value)?;
            } else {
                self.write(&mut encoder.encode_family(&sample.labels)?, sample.value)?;
            }
        }
        Ok(())
    }

    fn write(&self, encoder: &mut MetricEncoder<'_>, value: Value) -> fmt::Result {
        match (self.kind, value) {
            (Kind::Counter, Value::Whole(value)) => {
                encoder.encode_counter(&value, None::<&Exemplar<NoLabelSet, u64>>)
            }
            (Kind::Counter, Value::Fraction(value)) => {
                encoder.encode_counter(&value, None::<&Exemplar<NoLabelSet, u64>>)
            }
            (_, Value::Times(Latency { counts, sum })) => {
                let bounds = Latencies::BOUNDS.map(|bound| bound.as_secs_f64()).into_iter();
                let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts).collect();
                let count = counts.iter().sum();
                encoder.encode_histogram::<NoLabelSet>(sum.as_secs_f64(), count, &buckets, None)
            }
            (_, Value::Whole(value)) => encoder.encode_gauge(&value),
            (_, Value::Fraction(value)) => encoder.encode_gauge(&value),
        }
    }
}

/// What a sample without labels says.
fn one(value: u64) -> Vec<Sample> {
    vec![Sample { labels: Vec::new(), value: Value::Whole(value) }]
}

#[cfg(test)]
mod tests;
