//! The messages, and what the RFCs want of each.
//!
//! Where no RFC says it, we do as the majority of NSD, Knot and BIND do.

use super::build::*;
use super::reply::{
    ANSWER, ANSWER_OPT, BADVERS, FORMERR, NOTAUTH, NOTIMP, REFUSED, Wanted, asked, asked_opt, asked_tsig,
    bare, bare_opt,
};
use crate::wire::question;

const FORMAT: &str = "RFC 1035 §4.1.1";

/// All of them, in the order of the page.
pub(crate) fn all() -> Vec<Case> {
    let groups =
        [headers(), opcodes(), counts(), names(), questions(), records(), edns(), signatures(), sizes()];
    groups.into_iter().flatten().collect()
}

fn case(what: &'static str, source: &'static str, wanted: Wanted, messages: Vec<Vec<u8>>) -> Case {
    Case { what, source, wanted, messages }
}

fn headers() -> Vec<Case> {
    let flags = |high: u8, low: u8| vec![put(www(), 2, &[high, low])];
    let responses = [www(), www_with_opt(), www()[..HEADER].to_vec()];
    let responses = responses
        .iter()
        .flat_map(|message| [0x80, 0x84, 0xa8, 0xf8].map(|flags| put(message.clone(), 2, &[flags])));
    vec![
        case("nothing at all", FORMAT, Wanted::Silence, vec![vec![]]),
        case(
            "1 to 11 octets",
            FORMAT,
            Wanted::Silence,
            (1..HEADER).map(|len| www()[..len].to_vec()).collect(),
        ),
        case("a response (QR)", FORMAT, Wanted::Silence, responses.collect()),
        case("AA", FORMAT, ANSWER, flags(0x04, 0)),
        case("TC", FORMAT, ANSWER, flags(0x02, 0)),
        case("RD", FORMAT, ANSWER, flags(0x01, 0)),
        case("RA", FORMAT, ANSWER, flags(0, 0x80)),
        case("Z, the reserved bit", "RFC 8906 §8.1.3.3", ANSWER, flags(0, 0x40)),
        case("AD", "RFC 8906 §8.1.3.2", ANSWER, flags(0, 0x20)),
        case("CD", "RFC 8906 §8.1.3.1", ANSWER, flags(0, 0x10)),
        case("RCODE 1 to 15 in a query", FORMAT, ANSWER, (1..16).flat_map(|rcode| flags(0, rcode)).collect()),
    ]
}

fn opcodes() -> Vec<Case> {
    let asked_with = |opcode: u8, message: Vec<u8>| put(message, 2, &[opcode << 3]);
    let of = |opcode| vec![asked_with(opcode, www())];
    let unknown = [3, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let bodies = |body: fn() -> Vec<u8>| unknown.map(|opcode| asked_with(opcode, body())).to_vec();
    vec![
        case("IQUERY", "RFC 3425", bare(NOTIMP), of(1)),
        case("STATUS", FORMAT, bare(NOTIMP), of(2)),
        case("NOTIFY of a name that is no secondary zone here", FORMAT, bare(NOTIMP), of(4)),
        case("UPDATE", "RFC 2136 §2.2", bare(NOTIMP), of(5)),
        case("DSO", FORMAT, bare(NOTIMP), vec![asked_with(6, count(www()[..HEADER].to_vec(), QDCOUNT, 0))]),
        case(
            "an unknown opcode: a header alone",
            "RFC 8906 §8.1.4",
            bare(NOTIMP),
            bodies(|| count(www()[..HEADER].to_vec(), QDCOUNT, 0)),
        ),
        case("… with a question", "RFC 8906 §8.1.4", bare(NOTIMP), bodies(www)),
        case("… with OPT", "RFC 8906 §8.1.4", bare(NOTIMP), bodies(www_with_opt)),
        case(
            "… with what is no question",
            "RFC 8906 §8.1.4",
            bare(NOTIMP),
            bodies(|| and(www()[..HEADER].to_vec(), &[0xff; 40])),
        ),
    ]
}

fn counts() -> Vec<Case> {
    let one = "RFC 9619 §4";
    let header = || www()[..HEADER].to_vec();
    let two = || and(count(www(), QDCOUNT, 2), &www()[HEADER..]);
    let too_high = |at| [1, 2, 255, 256, 65_535].map(|number| count(www(), at, number)).to_vec();
    let many = || {
        let mut message = count(www(), QDCOUNT, 3_000);
        message.extend(b"\0\0\x01\0\x01".repeat(2_999));
        message
    };
    vec![
        case("QDCOUNT 0", FORMAT, bare(FORMERR), vec![count(header(), QDCOUNT, 0)]),
        case("QDCOUNT 0, and a question", FORMAT, bare(FORMERR), vec![count(www(), QDCOUNT, 0)]),
        case(
            "QDCOUNT 0, and OPT without COOKIE",
            "RFC 7873 §5.4",
            bare_opt(FORMERR),
            vec![with(count(header(), QDCOUNT, 0), ARCOUNT, &opt(&[]))],
        ),
        case("QDCOUNT 2, one question", one, bare(FORMERR), vec![count(www(), QDCOUNT, 2)]),
        case("QDCOUNT 2, two questions", one, bare(FORMERR), vec![two()]),
        case("QDCOUNT 2, two questions and OPT", one, bare(FORMERR), vec![with(two(), ARCOUNT, &opt(&[]))]),
        case("QDCOUNT 65,535", one, bare(FORMERR), vec![count(www(), QDCOUNT, 65_535)]),
        case("3,000 questions", one, bare(FORMERR), vec![many()]),
        case("ANCOUNT too high", FORMAT, asked(FORMERR), too_high(ANCOUNT)),
        case("NSCOUNT too high", FORMAT, asked(FORMERR), too_high(NSCOUNT)),
        case("ARCOUNT too high", FORMAT, asked(FORMERR), too_high(ARCOUNT)),
        case(
            "ARCOUNT too high after OPT",
            "RFC 6891 §6.1.1",
            asked_opt(FORMERR),
            [2, 3, 65_535].map(|number| count(www_with_opt(), ARCOUNT, number)).to_vec(),
        ),
        case("ARCOUNT too low for OPT", FORMAT, asked(FORMERR), vec![count(www_with_opt(), ARCOUNT, 0)]),
        case(
            "ARCOUNT too low for a record after OPT",
            "RFC 6891 §6.1.1",
            asked_opt(FORMERR),
            vec![and(www_with_opt(), &record(b"\0", 1, &[1; 4]))],
        ),
        case("all counts 65,535", FORMAT, bare(FORMERR), vec![put(www(), QDCOUNT, &[0xff; 8])]),
    ]
}

fn names() -> Vec<Case> {
    let pointers = "RFC 1035 §4.1.4";
    let at = |name: &[u8]| asking(&[name, &[0, 1, 0, 1]].concat());
    let each = |names: &[&[u8]]| names.iter().map(|name| at(name)).collect();
    let labels = |count: usize, last: usize| {
        let mut name = [&[63], [b'a'; 63].as_slice()].concat().repeat(count);
        name.push(u8::try_from(last).unwrap());
        name.extend(vec![b'b'; last]);
        name.push(0);
        name
    };
    let nested: Vec<u8> = (0..60_u8).flat_map(|number| [0xc0, 12 + 2 * (number + 1)]).collect();
    vec![
        case(
            "a name that points at itself",
            pointers,
            bare(FORMERR),
            each(&[b"\xc0\x0c", b"\x01a\xc0\x0c", b"\x03www\x07example\xc0\x10"]),
        ),
        case(
            "a name that points forward",
            pointers,
            bare(FORMERR),
            each(&[b"\xc0\x0e\0", b"\xc0\x20", b"\x01a\xc0\x12\0\x01b\0", b"\xff\xff"]),
        ),
        case(
            "a name that points into the header",
            pointers,
            bare(FORMERR),
            each(&[b"\xc0\x00", b"\xc0\x04", b"\xc0\x0b", b"\x03www\xc0\x06"]),
        ),
        case(
            "two names that point at each other",
            pointers,
            bare(FORMERR),
            each(&[b"\xc0\x0e\xc0\x0c", b"\x01a\xc0\x10\x01b\xc0\x0c"]),
        ),
        case(
            "sixty pointers in a row",
            pointers,
            bare(FORMERR),
            vec![at(&[&nested, [0].as_slice()].concat())],
        ),
        case(
            "label type 0x40",
            "RFC 6891 §5",
            bare(FORMERR),
            each(&[b"\x40\0", b"\x41\x01\x80\0", b"\x03www\x7f\0"]),
        ),
        case("label type 0x80", FORMAT, bare(FORMERR), each(&[b"\x80\0", b"\x03www\xbf\0"])),
        case(
            "a label of 64 octets",
            "RFC 1035 §2.3.4",
            bare(FORMERR),
            vec![at(&[&[64], [b'a'; 64].as_slice(), &[0]].concat())],
        ),
        case(
            "a name of 256 octets or more",
            "RFC 1035 §2.3.4",
            bare(FORMERR),
            vec![at(&labels(3, 62)), at(&labels(4, 1)), at(&b"\x01a".repeat(2_000))],
        ),
        case("a name of 255 octets", "RFC 1035 §2.3.4", asked(REFUSED), vec![at(&labels(3, 61))]),
        case(
            "cut at each octet of the question",
            FORMAT,
            bare(FORMERR),
            (HEADER..www().len()).map(|len| www()[..len].to_vec()).collect(),
        ),
    ]
}

fn questions() -> Vec<Case> {
    let class = |class| vec![question(WWW, 1, class)];
    let classes = |classes: &[u16]| classes.iter().flat_map(|&number| class(number)).collect();
    vec![
        case("class 0", "RFC 6895 §3.2", asked(REFUSED), class(0)),
        case("classes CH and HS, not served", FORMAT, asked(REFUSED), classes(&[3, 4])),
        case("class NONE", "RFC 2136 §2.4", asked(REFUSED), class(254)),
        case("class ANY", "RFC 1035 §6.2", ANSWER, class(255)),
        case(
            "classes that nobody knows",
            "RFC 6895 §3.2",
            asked(REFUSED),
            classes(&[2, 5, 253, 256, 65_280, 65_535]),
        ),
        case("QTYPE OPT", "RFC 6891 §6.1.1", asked(FORMERR), vec![question(WWW, 41, 1)]),
        case(
            "QTYPE TSIG or TKEY",
            "RFC 8945 §4.1",
            asked(FORMERR),
            vec![question(WWW, 250, 1), question(WWW, 249, 1)],
        ),
    ]
}

fn records() -> Vec<Case> {
    let a = || record(b"\xc0\x0c", 1, &[192, 0, 2, 9]);
    let extra = |record: &[u8]| with(www(), ARCOUNT, record);
    let mut many = count(www(), ARCOUNT, 4_000);
    many.extend(record(b"\0", 1, &[192, 0, 2, 9]).repeat(4_000));
    let mut one_short = count(www(), ARCOUNT, 65_535);
    one_short.extend(record(b"\0", 1, &[192, 0, 2, 9]).repeat(4_000));
    let whole = extra(&a());
    vec![
        case(
            "octets behind the question",
            FORMAT,
            asked(FORMERR),
            vec![and(www(), &[0]), and(www(), &[0xff; 500])],
        ),
        case(
            "octets behind OPT",
            "RFC 6891 §6.1.1",
            asked_opt(FORMERR),
            vec![and(www_with_opt(), &[0]), and(www_with_opt(), &[0xff; 500])],
        ),
        case("a record in the answer section", FORMAT, ANSWER, vec![with(www(), ANCOUNT, &a())]),
        case("a record in the authority section", FORMAT, ANSWER, vec![with(www(), NSCOUNT, &a())]),
        case("a record in the additional section", FORMAT, ANSWER, vec![whole.clone()]),
        case("4,000 records in the additional section", FORMAT, ANSWER, vec![many]),
        case("4,000 records where 65,535 are counted", FORMAT, asked(FORMERR), vec![one_short]),
        case(
            "cut at each octet of an additional record",
            FORMAT,
            asked(FORMERR),
            (www().len()..whole.len()).map(|len| whole[..len].to_vec()).collect(),
        ),
        case(
            "an owner that points at itself or forward",
            "RFC 1035 §4.1.4",
            asked(FORMERR),
            vec![
                extra(&record(b"\xc0\x1d", 1, &[1; 4])),
                extra(&record(b"\x01a\xc0\x1d", 1, &[1; 4])),
                extra(&record(b"\xff\xff", 1, &[1; 4])),
            ],
        ),
        case(
            "an owner that points into the header",
            "RFC 1035 §4.1.4",
            asked(FORMERR),
            vec![extra(&record(b"\xc0\x02", 1, &[1; 4]))],
        ),
        case(
            "an owner with a label of type 0x40 or 0x80",
            FORMAT,
            asked(FORMERR),
            vec![extra(&record(b"\x40\0", 1, &[1; 4])), extra(&record(b"\x80\0", 1, &[1; 4]))],
        ),
    ]
}

fn edns() -> Vec<Case> {
    let bad = "RFC 6891 §7";
    let with_opt = |record: &[u8]| with(www(), ARCOUNT, record);
    let saying = |payload, ttl| with_opt(&opt_saying(payload, ttl, &[]));
    let version = |number| saying(1232, [0, number, 0, 0]);
    let whole = with_opt(&opt(&option(65_001, &[7; 4])));
    let data = |options: &[u8]| with_opt(&opt(options));
    vec![
        case("version 1, 2, 255", "RFC 6891 §6.1.3", asked_opt(BADVERS), [1, 2, 255].map(version).to_vec()),
        case(
            "version 1 and an unknown option",
            "RFC 8906 §8.2.6",
            asked_opt(BADVERS),
            vec![with_opt(&opt_saying(1232, [0, 1, 0, 0], &option(65_001, b"x")))],
        ),
        case("version 1 and DO", "RFC 8906 §8.2.9", asked_opt(BADVERS), vec![saying(1232, [0, 1, 0x80, 0])]),
        case(
            "payload size 0, 1, 511",
            "RFC 6891 §6.2.3",
            ANSWER_OPT,
            [0, 1, 511].map(|size| saying(size, [0; 4])).to_vec(),
        ),
        case("payload size 65,535", "RFC 6891 §6.2.5", ANSWER_OPT, vec![saying(65_535, [0; 4])]),
        case("unknown flags", "RFC 6891 §6.1.4", ANSWER_OPT, vec![saying(1232, [0, 0, 0x7f, 0xff])]),
        case(
            "an extended RCODE in a query",
            "RFC 6891 §6.1.3",
            ANSWER_OPT,
            vec![saying(1232, [1, 0, 0, 0]), saying(1232, [255, 0, 0, 0])],
        ),
        case(
            "an unknown option",
            "RFC 6891 §6.1.2",
            ANSWER_OPT,
            vec![whole.clone(), data(&option(0, b"")), data(&option(65_535, &[0; 400]))],
        ),
        case(
            "OPT twice",
            "RFC 6891 §6.1.1",
            asked_opt(FORMERR),
            vec![with(www_with_opt(), ARCOUNT, &opt(&[])), with(version(1), ARCOUNT, &opt(&[]))],
        ),
        case(
            "OPT with an owner",
            "RFC 6891 §6.1.2",
            asked_opt(FORMERR),
            vec![with_opt(&record(b"\x01a\0", 41, &[])), with_opt(&record(b"\xc0\x0c", 41, &[]))],
        ),
        case(
            "OPT whose owner points at a root label",
            "RFC 6891 §6.1.2",
            asked_opt(FORMERR),
            vec![with_opt(&record(b"\xc0\x18", 41, &[]))],
        ),
        case(
            "OPT in the answer or authority section",
            "RFC 6891 §6.1.1",
            asked(FORMERR),
            vec![with(www(), ANCOUNT, &opt(&[])), with(www(), NSCOUNT, &opt(&[]))],
        ),
        case(
            "OPT cut at each octet before its options",
            bad,
            asked(FORMERR),
            (www().len()..www().len() + 11).map(|len| whole[..len].to_vec()).collect(),
        ),
        case(
            "RDLENGTH of OPT too long",
            bad,
            asked(FORMERR),
            (www().len() + 11..whole.len()).map(|len| whole[..len].to_vec()).collect(),
        ),
        case(
            "RDLENGTH of OPT too short",
            bad,
            asked_opt(FORMERR),
            vec![with_opt(&record_of_length(b"\0", 41, 0, &[0, 3, 0, 0]))],
        ),
        case(
            "an option that is cut",
            bad,
            asked_opt(FORMERR),
            vec![data(&[0]), data(&[0, 3]), data(&[0, 3, 0])],
        ),
        case(
            "an option that is longer than OPT",
            bad,
            asked_opt(FORMERR),
            vec![
                data(&[0, 3, 0, 1]),
                data(&[0xfd, 0xe9, 0xff, 0xff, 1]),
                data(&and(option(3, b""), &[0, 3, 0, 9, 1])),
            ],
        ),
    ]
}

fn signatures() -> Vec<Case> {
    vec![
        case(
            "TSIG by a key that is not known",
            "RFC 8945 §5.2.1",
            asked_tsig(NOTAUTH),
            vec![with(www(), ARCOUNT, &tsig())],
        ),
        case(
            "TSIG that is not the last record",
            "RFC 8945 §5.2",
            asked(FORMERR),
            vec![with(with(www(), ARCOUNT, &tsig()), ARCOUNT, &record(b"\0", 1, &[1; 4]))],
        ),
        case(
            "TSIG twice",
            "RFC 8945 §5.2",
            asked(FORMERR),
            vec![with(with(www(), ARCOUNT, &tsig()), ARCOUNT, &tsig())],
        ),
    ]
}

fn sizes() -> Vec<Case> {
    let padded = |len: usize| {
        let fixed = www().len() + record(b"\0", 10, &[]).len();
        with(www(), ARCOUNT, &record(b"\0", 10, &vec![0; len - fixed]))
    };
    vec![
        case("a query of 16,000 octets", FORMAT, ANSWER, vec![padded(16_000)]),
        case("a query of 65,535 octets", "RFC 1035 §4.2.2", ANSWER, vec![padded(65_535)]),
        case("65,535 zeros", FORMAT, bare(FORMERR), vec![vec![0; 65_535]]),
        case("65,535 octets of 0xff", FORMAT, Wanted::Silence, vec![vec![0xff; 65_535]]),
    ]
}
