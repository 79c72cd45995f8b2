//! One record: owner name, time to live and class in either order, type, data.

use super::super::finding::{Severity, quote};
use super::super::suggest::nearest;
use super::super::ttl::parse_ttl;
use super::{Anchor, Owner, Problem, Reader, RecordBody, Scope, Sink};
use crate::record::scan::{Entry, Token};
use crate::record::{Class, Name, NameError, Record, Rtype, Ttl, rdata};
use crate::statement::DraftText;

/// What stands between the owner name and the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'t, 'a> {
    pub(super) ttl: Option<Ttl>,
    pub(super) class: Option<Class>,
    pub(super) rtype: Rtype,
    pub(super) type_offset: usize,
    pub(super) data: &'t [Token<'a>],
}

/// Types that were read last, and how they were written: most records repeat one of a few.
#[derive(Default)]
pub(super) struct TypeCache {
    known: Vec<([u8; LONGEST_TYPE], usize, Rtype)>,
    next: usize,
}

/// Octets of the longest type that is worth keeping.
const LONGEST_TYPE: usize = 10;
const MOST_TYPES: usize = 8;

impl TypeCache {
    fn find(&self, raw: &[u8]) -> Option<Rtype> {
        self.known.iter().find(|(word, len, _)| raw == &word[..*len]).map(|(_, _, rtype)| *rtype)
    }

    fn keep(&mut self, raw: &[u8], rtype: Rtype) {
        let mut word = [0; LONGEST_TYPE];
        let Some(place) = word.get_mut(..raw.len()) else { return };
        place.copy_from_slice(raw);
        match self.known.get_mut(self.next) {
            Some(known) => *known = (word, raw.len(), rtype),
            None => self.known.push((word, raw.len(), rtype)),
        }
        self.next = (self.next + 1) % MOST_TYPES;
    }
}

impl<S: Sink> Reader<'_, S> {
    /// Reads a record; what is wrong with it is told with its owner name, as far as that is known.
    pub(super) fn record(
        &mut self,
        scope: &mut Scope,
        entry: Entry,
        tokens: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        self.read_record(scope, entry, tokens, anchor).map_err(|problem| {
            let owner = match &scope.owner {
                Some(Owner::Name(name)) => Some(name.clone()),
                _ => None,
            };
            Problem { owner, ..problem }
        })
    }

    fn read_record(
        &mut self,
        scope: &mut Scope,
        entry: Entry,
        tokens: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        let (stated, fields) = match tokens.split_first() {
            Some((first, rest)) if !entry.starts_blank => (Some(first), rest),
            _ => (None, tokens),
        };
        if let Err(problem) = self.owner(scope, entry, stated) {
            // The rest of the line may be wrong too, but is best judged when its owner is known.
            scope.owner = Some(Owner::Unreadable);
            self.met_soa |= tokens.iter().any(|token| token.is_word("SOA"));
            return Err(problem);
        }
        let end = tokens.last().map_or(entry.offset, Token::end);
        let header = header(fields, stated, end, &mut self.types)?;
        self.met_soa |= header.rtype == Rtype::SOA;
        if let Some(class) = header.class {
            self.class.get_or_insert(class);
        }
        if scope.origin.is_none() {
            match &scope.owner {
                Some(Owner::Name(owner)) if header.rtype == Rtype::SOA => scope.origin = Some(owner.clone()),
                _ => return self.no_origin(entry.offset),
            }
        }
        if !self.data(scope, &header, end)? {
            return Ok(());
        }
        let ttl = self.ttl(&header, anchor)?;
        let class = header.class.or(self.class).unwrap_or(Class::IN);
        let (rtype, rdata, span) =
            (header.rtype, self.rdata.as_slice().into(), anchor.span(header.type_offset));
        match &scope.owner {
            Some(Owner::Name(owner)) => {
                self.sink.record(Record { owner: owner.clone(), class, ttl, rtype, rdata }, span);
            }
            Some(Owner::Subject(subject)) => {
                self.sink.subject_record(*subject, RecordBody { class, ttl, rtype, rdata }, span);
            }
            Some(Owner::Unreadable) | None => {}
        }
        Ok(())
    }

    /// Reads or signs the record data into `self.rdata`; says no where there can be none, which was
    /// told before.
    fn data(&mut self, scope: &Scope, header: &Header<'_, '_>, end: usize) -> Result<bool, Problem> {
        self.rdata.clear();
        let draft = header.rtype == Rtype::MIMISIG && DraftText::is_draft(header.data);
        match &scope.owner {
            Some(Owner::Subject(subject)) => {
                belongs_to_identifier(header)?;
                if draft {
                    self.rdata.extend_from_slice(&self.sink.sign(*subject, header.data)?);
                    return Ok(true);
                }
            }
            Some(Owner::Unreadable) if draft => return Ok(false),
            _ if draft => return Err(draft_of_nobody(header.type_offset)),
            _ => {}
        }
        let Some(origin) = &scope.origin else { return Ok(false) };
        match rdata::parse(header.rtype, header.data, origin, &mut self.rdata) {
            Ok(()) => Ok(true),
            Err(error) => {
                let offset = error.offset.unwrap_or(end);
                let token = header.data.iter().find(|token| (token.offset..token.end()).contains(&offset));
                let quoted = token.map(|token| format!("{}: ", quote(token.raw))).unwrap_or_default();
                let message = format!("{}: {quoted}{error}", header.rtype);
                Err(Problem::new(offset, "bad-data", message, error.fault.remedy()))
            }
        }
    }

    /// Reads the owner name that is stated at the beginning of a line, if one is, into the scope.
    fn owner(&mut self, scope: &mut Scope, entry: Entry, stated: Option<&Token<'_>>) -> Result<(), Problem> {
        let Some(token) = stated else {
            if scope.owner.is_some() {
                return Ok(());
            }
            return Err(Problem::new(
                entry.offset,
                "no-owner",
                "the line begins with a blank, but there is no record before it whose owner name it could have",
                "write the owner name at the beginning of the line, or `@` for the origin",
            ));
        };
        if let (Some(section), true) = (&scope.section, token.is_word("@")) {
            scope.owner = Some(section.clone());
            return Ok(());
        }
        if token.quoted {
            return Err(Problem::new(
                token.offset,
                "bad-owner",
                "an owner name must not stand in quotation marks",
                "remove them; write what is special in it after a backslash",
            ));
        }
        scope.owner = match Name::parse(token.raw, scope.origin.as_ref()) {
            Ok(name) => Some(Owner::Name(name)),
            Err(NameError::NoOrigin) => {
                scope.owner = Some(Owner::Unreadable);
                return self.no_origin(token.offset);
            }
            Err(error) => {
                let message = format!("{} is not a domain name: {error}", quote(token.raw));
                return Err(Problem::new(
                    token.offset,
                    "bad-owner",
                    message,
                    "write labels of 1 to 63 octets with one dot between them",
                ));
            }
        };
        Ok(())
    }

    /// The same fault on every line is told once.
    fn no_origin(&mut self, offset: usize) -> Result<(), Problem> {
        if std::mem::replace(&mut self.reported_no_origin, true) {
            return Ok(());
        }
        Err(Problem::new(
            offset,
            "no-origin",
            "a relative name stands here, and no origin is set that would complete it",
            "put a line such as `$ORIGIN example.net.` in front, or begin the file with the SOA record and its owner name with a final dot",
        ))
    }

    /// The time to live that holds for a record: its own, else that of `$TTL` (RFC 2308 §4), else the
    /// last one stated (RFC 1035 §5.1), else, for the SOA record, its MINIMUM.
    fn ttl(&mut self, header: &Header<'_, '_>, anchor: Anchor) -> Result<Ttl, Problem> {
        if let Some(ttl) = header.ttl {
            self.last_ttl = Some(ttl);
            return Ok(ttl);
        }
        if let Some(ttl) = self.default_ttl {
            return Ok(ttl);
        }
        let (ttl, message) = match (self.last_ttl, self.rdata.last_chunk()) {
            (Some(ttl), _) => (ttl, "no $TTL is set, so the time to live is that of the record before"),
            (None, Some(minimum)) if header.rtype == Rtype::SOA => {
                let ttl = Ttl::from_secs(u32::from_be_bytes(*minimum));
                self.default_ttl = Some(ttl);
                (ttl, "no $TTL is set, so the SOA record's MINIMUM is the time to live")
            }
            // What the SOA record would have said is not known, or it was told before.
            _ if self.met_soa || std::mem::replace(&mut self.reported_no_ttl, true) => return Ok(Ttl::ZERO),
            _ => {
                return Err(Problem::new(
                    header.type_offset,
                    "no-ttl",
                    "no time to live is stated, here or before",
                    "put a line such as `$TTL 1h` at the beginning of the file",
                ));
            }
        };
        if !std::mem::replace(&mut self.reported_implicit_ttl, true) {
            self.push(
                anchor,
                Severity::Warning,
                Problem::new(
                    header.type_offset,
                    "implicit-ttl",
                    message,
                    "put a line such as `$TTL 1h` in front",
                ),
            );
        }
        Ok(ttl)
    }
}

/// Reads what stands in front of the data; `owner` is the token that states the owner name.
pub(super) fn header<'t, 'a>(
    fields: &'t [Token<'a>],
    owner: Option<&Token<'_>>,
    end: usize,
    types: &mut TypeCache,
) -> Result<Header<'t, 'a>, Problem> {
    let (mut ttl, mut class) = (None, None);
    let mut rest = fields;
    loop {
        let Some((token, after)) = rest.split_first() else {
            return Err(Problem::new(
                end,
                "no-type",
                "the record ends before its type",
                "a record is written: owner name, time to live, class, type, data",
            ));
        };
        rest = after;
        if ttl.is_none() && !token.quoted && token.raw.first().is_some_and(u8::is_ascii_digit) {
            ttl = Some(parse_ttl(token.raw).map_err(|error| {
                let message = format!("{} is no time to live: {error}", quote(token.raw));
                Problem::new(token.offset, "bad-ttl", message, wrong_field(owner))
            })?);
        } else if let (None, Some(found)) = (class, parse_class(token)) {
            class = Some(found);
        } else {
            let rtype = zone_type(token, owner, types)?;
            return Ok(Header { ttl, class, rtype, type_offset: token.offset, data: rest });
        }
    }
}

/// A type that may stand in a zone.
fn zone_type(token: &Token<'_>, owner: Option<&Token<'_>>, types: &mut TypeCache) -> Result<Rtype, Problem> {
    if let (false, Some(rtype)) = (token.quoted, types.find(token.raw)) {
        return Ok(rtype);
    }
    match parse_type(token) {
        Some(rtype) if rtype.is_meta() => Err(Problem::new(
            token.offset,
            "meta-type",
            format!("{rtype} is for messages and can't stand in a zone"),
            "remove the record",
        )),
        Some(rtype) => {
            types.keep(token.raw, rtype);
            Ok(rtype)
        }
        None => Err(unknown_type(token, owner)),
    }
}

/// Under an identifier stand leaves: what divides zones can't have a hashed name.
fn belongs_to_identifier(header: &Header<'_, '_>) -> Result<(), Problem> {
    match header.rtype {
        rtype @ (Rtype::SOA | Rtype::NS | Rtype::DNAME) => Err(Problem::new(
            header.type_offset,
            "not-of-identifier",
            format!("the {rtype} record would belong to the identifier of the $IDENTIFIER above"),
            "write it before, or set $ORIGIN in front of it: that ends the identifier's records",
        )),
        _ => Ok(()),
    }
}

fn draft_of_nobody(offset: usize) -> Problem {
    Problem::new(
        offset,
        "draft-of-nobody",
        "a statement can't be signed here: it is not said for which identifier",
        "put a line such as `$IDENTIFIER tel:+442079460148` in front, and write `@` as the owner name",
    )
}

/// Where the type of a record stands among its tokens: after the owner name, unless the line `starts_blank`,
/// and after time to live and class in either order.
///
/// # Errors
/// Where it should stand.
pub(in crate::zone) fn type_index(tokens: &[Token<'_>], starts_blank: bool) -> Result<usize, usize> {
    let (mut ttl, mut class) = (false, false);
    let mut at = usize::from(!starts_blank);
    loop {
        let token = tokens.get(at).ok_or(at)?;
        if !ttl && !token.quoted && token.raw.first().is_some_and(u8::is_ascii_digit) {
            ttl = true;
        } else if !class && parse_class(token).is_some() {
            class = true;
        } else {
            return if parse_type(token).is_some() { Ok(at) } else { Err(at) };
        }
        at += 1;
    }
}

pub(super) fn parse_class(token: &Token<'_>) -> Option<Class> {
    match token.raw {
        _ if token.quoted => None,
        b"IN" | b"in" => Some(Class::IN),
        [b'C' | b'c' | b'H' | b'h' | b'I' | b'i', ..] => str::from_utf8(token.raw).ok()?.parse().ok(),
        _ => None,
    }
}

pub(super) fn parse_type(token: &Token<'_>) -> Option<Rtype> {
    if token.quoted { None } else { str::from_utf8(token.raw).ok()?.parse().ok() }
}

/// A hint for a field that is none, since often a neighbour is what is wrong.
fn wrong_field(owner: Option<&Token<'_>>) -> String {
    match owner {
        Some(token) if parse_type(token).is_some() => format!(
            "{} was read as owner name: if it is the type, begin the line with a blank",
            quote(token.raw)
        ),
        _ => "write seconds, or numbers with units as in `1h30m`".to_owned(),
    }
}

fn unknown_type(token: &Token<'_>, owner: Option<&Token<'_>>) -> Problem {
    let message = format!("{} is no record type", quote(token.raw));
    let guess = nearest(token.raw, Rtype::mnemonics());
    let remedy = match (guess, owner) {
        (Some(guess), _) => format!("did you mean `{guess}`?"),
        (None, Some(owner)) if parse_type(owner).is_some() => format!(
            "{} was read as owner name: if it is the type, begin the line with a blank",
            quote(owner.raw)
        ),
        (None, None) => format!(
            "the line begins with a blank, so its owner name is that of the record before: if {} is the owner name, remove the blank",
            quote(token.raw)
        ),
        (None, Some(_)) => "a type without a mnemonic is written TYPE and its number".to_owned(),
    };
    Problem::new(token.offset, "unknown-type", message, remedy)
}
