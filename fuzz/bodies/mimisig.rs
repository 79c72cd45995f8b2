// Any octets as a statement: wire form → text → wire form, and text → wire form → text, exact. Called
// by the fuzz target and, with its seeds, by the tests.

use mimi_dns::record::Rtype;
use mimi_dns::record::mimisig::Mimisig;
use mimi_dns::record::rdata::{self, Presentation};
use mimi_dns::record::scan::Scanner;

/// Panics where a statement changes between its forms.
pub(crate) fn mimisig(octets: &[u8]) {
    if let Ok(statement) = Mimisig::parse(octets) {
        assert_eq!(statement.rdata(), octets, "a statement keeps its octets");
        printed_and_read(&statement);
    }
    let (mut scanner, mut tokens) = (Scanner::new(octets), Vec::new());
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        let Ok(_) = entry else { continue };
        match Mimisig::parse_text(&tokens) {
            Ok(statement) => {
                assert_eq!(Mimisig::parse(statement.rdata()).as_ref(), Ok(&statement), "text and wire agree");
                printed_and_read(&statement);
            }
            Err(error) => assert!(error.offset.is_none_or(|offset| offset <= octets.len())),
        }
    }
}

fn printed_and_read(statement: &Mimisig) {
    let text = statement.to_string();
    let (mut scanner, mut tokens) = (Scanner::new(text.as_bytes()), Vec::new());
    assert!(matches!(scanner.next_entry(&mut tokens), Some(Ok(_))), "{text}");
    assert_eq!(Mimisig::parse_text(&tokens).as_ref(), Ok(statement), "{text}");
    assert!(scanner.next_entry(&mut tokens).is_none(), "{text}");
    for form in [
        Presentation::new(Rtype::MIMISIG, statement.rdata()).readable(),
        Presentation::new(Rtype::MIMISIG, statement.rdata()),
    ] {
        assert_eq!(
            rdata::from_text(Rtype::MIMISIG, &form.to_string()).as_deref(),
            Ok(statement.rdata()),
            "{form}"
        );
    }
}
