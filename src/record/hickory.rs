//! Names, types and records to and from hickory's: the one place that knows both.
//!
//! Data crosses in wire form, and in this direction always as unknown: hickory has no URI or MIMISIG,
//! and refuses some NAPTR that RFC 3403 allows.

use hickory_proto::ProtoError;
use hickory_proto::rr;
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};

use super::{Class, Name, NameError, Record, Rtype, Ttl};

/// What of hickory's has no form here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConversionError {
    /// A name.
    #[error("name from hickory: {0}")]
    Name(#[from] NameError),
    /// A name or record data that hickory itself refuses.
    #[error("hickory: {0}")]
    Proto(#[from] ProtoError),
}

/// The same name, absolute.
///
/// # Errors
/// None for a name within the limits of RFC 1035, which every [`Name`] is; hickory's type leaves it open.
pub(crate) fn to_name(name: &Name) -> Result<rr::Name, ConversionError> {
    Ok(rr::Name::from_labels(name.labels())?)
}

/// The same name; one that hickory holds as relative is taken as absolute.
///
/// # Errors
/// [`NameError`] for a name that is too long.
pub(crate) fn from_name(name: &rr::Name) -> Result<Name, ConversionError> {
    let mut wire = Vec::with_capacity(name.len() + 1);
    for label in name.iter() {
        wire.push(u8::try_from(label.len()).map_err(|_| NameError::LabelTooLong)?);
        wire.extend_from_slice(label);
    }
    wire.push(0);
    Ok(Name::from_wire(&wire)?)
}

/// The same type.
pub(crate) fn to_rtype(rtype: Rtype) -> rr::RecordType {
    rr::RecordType::from(rtype.0)
}

/// The same type.
pub(crate) fn from_rtype(rtype: rr::RecordType) -> Rtype {
    Rtype(rtype.into())
}

/// The same record, its data unknown to hickory.
///
/// # Errors
/// As [`to_name`].
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "for hickory-server's encrypted transports, which come later")
)]
pub(crate) fn to_record(record: &Record) -> Result<rr::Record, ConversionError> {
    let code = to_rtype(record.rtype);
    let data = match &record.rdata[..] {
        // Hickory's own form of data without octets.
        [] => rr::RData::Update0(code),
        octets => rr::RData::Unknown { code, rdata: rr::rdata::NULL::with(octets.into()) },
    };
    let mut converted = rr::Record::from_rdata(to_name(&record.owner)?, record.ttl.as_secs(), data);
    converted.dns_class = record.class.0.into();
    Ok(converted)
}

/// The same record, its data in wire form with every name uncompressed.
///
/// # Errors
/// A name, or data that hickory can't put into wire form.
pub(crate) fn from_record(record: &rr::Record) -> Result<Record, ConversionError> {
    let mut rdata = Vec::new();
    let mut encoder = BinEncoder::new(&mut rdata);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    record.data.emit(&mut encoder)?;
    Ok(Record {
        owner: from_name(&record.name)?,
        class: Class(record.dns_class.into()),
        ttl: Ttl::from_secs(record.ttl),
        rtype: from_rtype(record.record_type()),
        rdata: rdata.into(),
    })
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Message, MessageType, OpCode};
    use hickory_proto::serialize::binary::BinDecodable;

    use super::*;
    use crate::record::rdata;

    fn record(rtype: Rtype, text: &str) -> Record {
        Record {
            owner: r"\000\255a\.B.example".parse().unwrap(),
            class: Class::IN,
            ttl: Ttl::from_secs(300),
            rtype,
            rdata: rdata::from_text(rtype, text).unwrap().into(),
        }
    }

    fn records() -> Vec<Record> {
        [
            (Rtype::A, "192.0.2.1"),
            (Rtype::SOA, "ns.example. hostmaster.ns.example. 1 2 3 4 5"),
            (Rtype::MX, "10 Mail.example."),
            (Rtype::TXT, r#""\000\255\"" """#),
            (Rtype::NAPTR, r#"100 10 "u" "E2U+sip" "!^.*$!sip:\\\\1@a.example!" ."#),
            (Rtype::URI, r#"10 1 "https://a.example/""#),
            (Rtype::SVCB, "1 . alpn=h2 port=53"),
            (Rtype::SRV, "1 2 3 target.example."),
            (Rtype::CAA, r#"0 issue "a.example""#),
            (Rtype::MIMISIG, r"\# 2 0102"),
            (Rtype(4711), r"\# 3 010203"),
        ]
        .map(|(rtype, text)| record(rtype, text))
        .into()
    }

    #[test]
    fn records_survive() {
        for record in records() {
            assert_eq!(from_record(&to_record(&record).unwrap()).unwrap(), record);
        }
        let mut record = record(Rtype::APL, r"\# 0");
        record.class = Class(4711);
        assert_eq!(from_record(&to_record(&record).unwrap()).unwrap(), record);
    }

    /// What comes out of a message is typed where hickory knows the type, and compressed there.
    #[test]
    fn records_survive_a_message() {
        let mut message = Message::new(1, MessageType::Response, OpCode::Query);
        for record in records() {
            message.add_answer(to_record(&record).unwrap());
        }
        let decoded = Message::from_bytes(&message.to_bytes().unwrap()).unwrap();
        let back: Vec<_> = decoded.answers.iter().map(|record| from_record(record).unwrap()).collect();
        assert_eq!(back, records());
        assert!(matches!(decoded.answers[1].data, rr::RData::SOA(_)));
    }

    #[test]
    fn names_and_types_survive() {
        for text in [".", "a.", r"\000\.\255.A.example."] {
            let name: Name = text.parse().unwrap();
            assert_eq!(from_name(&to_name(&name).unwrap()).unwrap().as_wire(), name.as_wire());
        }
        let longest: Name = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61)).parse().unwrap();
        assert_eq!(longest.as_wire().len(), 255);
        assert_eq!(from_name(&to_name(&longest).unwrap()).unwrap(), longest);
        for number in 0..=u16::MAX {
            assert_eq!(from_rtype(to_rtype(Rtype(number))), Rtype(number));
        }
    }
}
