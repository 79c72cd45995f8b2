//! Owner names in the digit tree (ENUM).

use super::{Name, NameError};
use crate::identifier::Telephone;

/// The owner name of a number: its digits in reverse, one a label, under `suffix`.
/// Source: RFC 6116 §3.2.
///
/// # Errors
/// A suffix of more than 225 octets can leave too little room for the digits.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identifier::Identifier;

    fn name(text: &str) -> Name {
        text.parse().expect(text)
    }

    fn telephone(text: &str) -> Telephone {
        match Identifier::parse(text) {
            Ok(Identifier::Telephone(telephone)) => telephone,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_example_of_rfc_6116_section_3_2() {
        let owner = enum_name(&telephone("tel:+442079460148"), &name("e164.arpa")).expect("fits");
        assert_eq!(owner.to_string(), "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa.");
        assert_eq!(enum_digits(&owner, &name("E164.ARPA")).as_deref(), Some("442079460148"));
    }

    #[test]
    fn owner_names_that_are_numbers_blocks_or_neither() {
        let suffix = name("carrier.example");
        for (owner, digits) in [
            ("4.4.carrier.example", Some("44")),
            ("*.4.4.carrier.example", Some("44")),
            ("*.carrier.example", Some("")),
            ("carrier.example", None),
            ("4.4.example", None),
            ("x.4.carrier.example", None),
            ("44.carrier.example", None),
            ("4.*.4.carrier.example", None),
        ] {
            assert_eq!(enum_digits(&name(owner), &suffix).as_deref(), digits, "{owner}");
        }
    }

    #[test]
    fn a_suffix_may_be_too_long() {
        let label = "a".repeat(63);
        let suffix = name(&[&label[..], &label, &label, &label[..37]].join("."));
        assert_eq!(suffix.as_wire().len(), 231);
        let number = |digits: usize| telephone(&format!("tel:+{}", "1".repeat(digits)));
        assert!(enum_name(&number(12), &suffix).is_ok());
        assert_eq!(enum_name(&number(13), &suffix), Err(NameError::TooLong));
    }

    proptest! {
        #[test]
        fn there_and_back(digits in "[1-9][0-9]{6,14}") {
            let owner = enum_name(&telephone(&format!("tel:+{digits}")), &name("e164.arpa")).expect("fits");
            prop_assert_eq!(enum_digits(&owner, &name("e164.arpa")), Some(digits));
        }
    }
}
