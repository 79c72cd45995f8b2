// One octet of length, so many octets of text, and the rest as a substitution expression that is
// applied to it. Called by the fuzz target and, with its seeds, by the tests.

use mimi_dns::resolver::{ApplyError, MAX_RESULT, Rule, RuleError};

/// Panics where a rule does more than it may; that it ends soon is left to the fuzzer's time limit.
pub(crate) fn rule(octets: &[u8]) {
    let Some((&len, rest)) = octets.split_first() else { return };
    let (text, field) = rest.split_at(rest.len().min(len.into()));
    match Rule::parse(field) {
        Ok(rule) => match rule.apply(text) {
            Ok(result) => {
                assert!(result.len() <= MAX_RESULT);
                assert_eq!(rule.apply(text), Ok(result), "the same each time");
            }
            Err(error) => assert_ne!(error, ApplyError::TextTooLong, "{} octets", text.len()),
        },
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(error == RuleError::Empty, field.is_empty());
        }
    }
}
