//! Telephone numbers as they are dialled, read with numbering metadata.
//!
//! `rlibphonenumber` writes numbers to the `log` facade at level trace: a program that collects it
//! must switch that target off.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region, ValidationError,
};

use super::IdentifierFault;

/// The digits of the international number, country code first.
///
/// `digits` are ASCII digits as dialled, few enough to be bounded by the caller; `plus` says that a
/// `+` stood in front. Without a region `00` in front is read as `+`, as most of the world dials.
/// A number is accepted if its country has numbers of that length: ranges are assigned faster than
/// metadata is published, so whether this one is assigned is not asked.
pub(super) fn international(
    digits: &str,
    plus: bool,
    region: Option<&str>,
) -> Result<String, IdentifierFault> {
    let region = region.map(known_region).transpose()?;
    let dialled = match digits.strip_prefix("00") {
        _ if plus => ["+", digits].concat(),
        Some(rest) if region.is_none() => ["+", rest].concat(),
        None if region.is_none() => return Err(IdentifierFault::NoRegion),
        _ => digits.into(),
    };
    let number = PHONE_NUMBER_UTIL.parse(&dialled, region).map_err(|error| match error {
        ParseError::InvalidCountryCode => IdentifierFault::UnknownCountryCode,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => IdentifierFault::NumberTooShort,
        ParseError::TooLongNsn => IdentifierFault::NumberTooLong,
        // All that is left to be no number in a run of digits is that there are too few of them.
        ParseError::NotANumber(_) => IdentifierFault::NumberTooShort,
    })?;
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) => return Err(IdentifierFault::LocalOnly),
        Err(ValidationError::InvalidCountryCode) => return Err(IdentifierFault::UnknownCountryCode),
        Err(ValidationError::TooShort) => return Err(IdentifierFault::NumberTooShort),
        Err(ValidationError::TooLong) => return Err(IdentifierFault::NumberTooLong),
        Err(ValidationError::InvalidLength) => return Err(IdentifierFault::NumberLength),
    }
    let international = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
    Ok(international.trim_start_matches('+').into())
}

fn known_region(region: &str) -> Result<Region, IdentifierFault> {
    let unknown = IdentifierFault::UnknownRegion;
    if region.len() != 2 || !region.bytes().all(|octet| octet.is_ascii_alphabetic()) {
        return Err(unknown);
    }
    let region = Region::try_from(region.to_ascii_uppercase().as_str()).map_err(|_| unknown)?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region).ok_or(unknown)
}
