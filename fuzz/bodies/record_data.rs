// Two octets of type, then any octets as the data of a record: what is well formed is printed and
// read back to the same octets. Called by the fuzz target and, with its seeds, by the tests.

use mimi_dns::record::Rtype;
use mimi_dns::record::rdata::{self, Presentation};

/// Panics where record data changes between its forms.
pub(crate) fn record_data(octets: &[u8]) {
    let Some((&[high, low], data)) = octets.split_first_chunk() else { return };
    let rtype = Rtype(u16::from_be_bytes([high, low]));
    let text = Presentation::new(rtype, data).to_string();
    assert!(!text.is_empty());
    match rdata::check(rtype, data) {
        Ok(()) => {
            assert_eq!(rdata::from_text(rtype, &text).as_deref(), Ok(data), "{rtype} {text}");
            for name in rdata::names(rtype, data) {
                assert!(data.get(name).is_some_and(|name| name.last() == Some(&0)), "{rtype} {text}");
            }
        }
        Err(error) => assert!(error.offset.is_none_or(|offset| offset <= data.len()), "{rtype} {error:?}"),
    }
    // The same octets as text: whatever it says is well formed.
    if let Some(text) = std::str::from_utf8(data).ok()
        && let Ok(parsed) = rdata::from_text(rtype, text)
    {
        assert_eq!(rdata::check(rtype, &parsed), Ok(()), "{rtype} {text:?}");
    }
}
