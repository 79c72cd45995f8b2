// Any text as a policy file: a policy, or faults that say where. Called by the fuzz target and, with
// its seeds, by the tests.

use mimi_dns::resolver::Policy;

/// Panics where a fault stands on a line that the text does not have.
pub(crate) fn policy(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let Err(faults) = Policy::from_toml(text) else { return };
    let lines = text.matches('\n').count() + 1;
    assert!(!faults.as_slice().is_empty() && !faults.to_string().is_empty());
    for fault in faults.as_slice() {
        assert!(fault.line.is_none_or(|line| (1..=lines).contains(&line)), "{fault:?}");
    }
}
