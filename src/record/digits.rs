//! Owner names in the digit tree (ENUM).

use super::{Name, NameError};
use crate::identifier::Telephone;

/// The owner name of a number: its digits in reverse, one a label, under `suffix`.
/// Source: RFC 6116 §3.2.
///
/// # Errors
/// A suffix of more than 225 octets may leave no room for the digits.
pub fn enum_name(telephone: &Telephone, suffix: &Name) -> Result<Name, NameError> {
    telephone.digits().bytes().try_fold(suffix.clone(), |name, digit| name.with_label(&[digit]))
}

/// The digits of the number or block at an owner name, country code first, without `+`; a leftmost
/// label `*` is left out. `None` if the name is not below `suffix`, or if another label is no digit.
#[must_use]
pub fn enum_digits(owner: &Name, suffix: &Name) -> Option<String> {
    if !owner.is_at_or_below(suffix) {
        return None;
    }
    let count = owner.label_count() - suffix.label_count();
    let mut digits = owner
        .labels()
        .take(count)
        .skip(usize::from(owner.is_wildcard()))
        .map(|label| match label {
            [digit @ b'0'..=b'9'] => Some(char::from(*digit)),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    digits.reverse();
    (count > 0).then(|| digits.into_iter().collect())
}
