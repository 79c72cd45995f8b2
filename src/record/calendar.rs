//! Times as master files write them: `YYYYMMDDHHmmSS`, UTC, proleptic Gregorian.
//! Source: RFC 4034 §3.2.

use crate::clock::UnixTime;

const DAY: u64 = 86_400;
/// 0000-03-01 to 1970-01-01, in days: years that begin in March end with their leap day.
const MARCH_0_TO_1970: u64 = 719_468;
const ERA: u64 = 146_097;

/// Fourteen digits; `None` from the year 10000 on, which has no such form.
pub(crate) fn print(time: UnixTime) -> Option<String> {
    let (days, seconds) = (time.0 / DAY + MARCH_0_TO_1970, time.0 % DAY);
    let (era, day) = (days / ERA, days % ERA);
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year <= 9_999).then(|| {
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}{month:02}{day_of_month:02}{hour:02}{minute:02}{second:02}")
    })
}

/// As C's `ctime` prints it, in UTC: `Sun Nov 22 10:10:20 2026`. Empty where [`print`] has no form.
#[cfg(feature = "dnssec")]
pub(crate) fn print_words(time: UnixTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(digits) = print(time) else { return String::new() };
    let number = |from: usize| digits[from..from + 2].parse().unwrap_or(0_usize);
    let (weekday, month, day) = (DAYS[(time.0 / DAY % 7) as usize], MONTHS[number(4) - 1], number(6));
    let (year, hour, minute, second) = (&digits[..4], &digits[8..10], &digits[10..12], &digits[12..]);
    format!("{weekday} {month} {day:2} {hour}:{minute}:{second} {year}")
}

/// Reads what [`print`] writes; `None` for anything else: other lengths, years before 1970, days
/// and hours that don't exist.
pub(crate) fn parse(text: &[u8]) -> Option<UnixTime> {
    if text.len() != 14 {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let march_year = if month <= 2 { year - 1 } else { year };
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * ERA + day_of_era - MARCH_0_TO_1970;
    let time = UnixTime(days * DAY + hour * 3_600 + minute * 60 + second);
    // Days, hours and minutes that run over come back as another text.
    (print(time)?.as_bytes() == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        for (seconds, text) in [
            (0, "19700101000000"),
            (951_782_400, "20000229000000"),
            (1_793_491_200, "20261101000000"),
            (4_107_542_400, "21000301000000"),
            (253_402_300_799, "99991231235959"),
        ] {
            assert_eq!(print(UnixTime(seconds)).as_deref(), Some(text));
            assert_eq!(parse(text.as_bytes()), Some(UnixTime(seconds)));
        }
        assert_eq!(print(UnixTime(253_402_300_800)), None);
        assert_eq!(print(UnixTime(u64::MAX)), None);
    }

    #[test]
    #[cfg(feature = "dnssec")]
    fn in_words() {
        assert_eq!(print_words(UnixTime(1_795_342_220)), "Sun Nov 22 10:10:20 2026");
        assert_eq!(print_words(UnixTime(0)), "Thu Jan  1 00:00:00 1970");
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for text in [
            "20260229000000",
            "21000229000000",
            "20260431000000",
            "20261301000000",
            "20260001000000",
            "20260100000000",
            "20260101240000",
            "20260101006000",
            "20260101000060",
            "19691231235959",
            "2026010100000",
            "202601010000000",
            "2026010100000x",
            "+2026010100000",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives() {
        for day in 0..ERA + 1 {
            let time = UnixTime(day * DAY + 86_399);
            let text = print(time).expect("before the year 10000");
            assert_eq!(parse(text.as_bytes()), Some(time));
        }
    }
}
