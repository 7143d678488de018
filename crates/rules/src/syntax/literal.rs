//! The values of literals: text of a token in, value out. Exact decimal arithmetic, no floats.
//!
//! A literal that fits its regular expression may still have no value (too large, too fine); then it is
//! `None`.

use super::tree::{Duration, DurationUnit, Number, Quantity, QuantityUnit, Quote, Text};

/// More digits than any value in range needs; below it all products here fit 128 bits.
const DIGITS_MAX: usize = 22;
const FRACTION_DIGITS_MAX: usize = 6;
const MICRO: i128 = 1_000_000;

/// `12`, `0.75`
pub(super) fn number(text: &str) -> Option<Number> {
    let (digits, places) = decimal(text)?;
    let micros = if text.contains('.') {
        let missing = FRACTION_DIGITS_MAX.checked_sub(places)?;
        let micros = digits * 10_i128.pow(missing as u32);
        i128::from(i64::try_from(micros).ok()?)
    } else {
        i128::from(i64::try_from(digits).ok()?) * MICRO
    };
    Some(Number { text: text.to_owned(), micros })
}

/// `250ms`, `1.5h`
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    let unit = DurationUnit::from_word(unit)?;
    let nanos = scaled(number, nanos_of(unit), 1)?;
    Some(Duration { text: number.to_owned(), unit, nanos })
}

/// `50 km`, `64KiB`
pub(super) fn quantity(text: &str) -> Option<Quantity> {
    let (number, unit) = split_unit(text);
    let unit = QuantityUnit::from_word(unit)?;
    let (times, over) = factor_of(unit);
    let value = scaled(number, times, over)?;
    Some(Quantity { text: number.to_owned(), unit, value })
}

/// A text token with its quotes. What is no escape stands for itself; the lexer has complained about it.
pub(super) fn text(token: &str) -> Text {
    let quote = if token.starts_with('\'') { Quote::Single } else { Quote::Double };
    let mark = if quote == Quote::Single { '\'' } else { '"' };
    let body = token.strip_prefix(mark).unwrap_or(token);
    let body = body.strip_suffix(mark).unwrap_or(body);
    let value = if quote == Quote::Single { body.to_owned() } else { unescaped(body) };
    Text { value, quote }
}

/// The character of the escape that `rest` begins with (`rest` begins after the `\`), and its length in
/// bytes.
pub(super) fn escape(rest: &str) -> Option<(char, usize)> {
    match rest.chars().next()? {
        c @ ('"' | '\\') => Some((c, 1)),
        'n' => Some(('\n', 1)),
        't' => Some(('\t', 1)),
        'u' => {
            let hex = rest.strip_prefix("u{")?;
            let hex = &hex[..hex.find('}').filter(|end| (1..=6).contains(end))?];
            let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            let code = u32::from_str_radix(hex, 16).ok().filter(|_| lower)?;
            Some((char::from_u32(code)?, hex.len() + 3))
        }
        _ => None,
    }
}

/// A number and its unit, without the blank between them.
pub(super) fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches(' '))
}

fn unescaped(body: &str) -> String {
    let mut value = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match escape(rest) {
            Some((c, length)) => {
                value.push(c);
                rest = &rest[length..];
            }
            None => value.push('\\'),
        }
    }
    value.push_str(rest);
    value
}

/// All digits as one whole number, and how many of them stand after the dot.
fn decimal(text: &str) -> Option<(i128, usize)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() + fraction.len() > DIGITS_MAX {
        return None;
    }
    let mut digits = 0_i128;
    for b in whole.bytes().chain(fraction.bytes()) {
        digits = digits * 10 + i128::from(b.checked_sub(b'0').filter(|&digit| digit < 10)?);
    }
    Some((digits, fraction.len()))
}

/// `text · times / over`, rounded half to even.
fn scaled(text: &str, times: i64, over: i64) -> Option<i64> {
    let (digits, places) = decimal(text)?;
    let divisor = 10_i128.pow(places as u32) * i128::from(over);
    let product = digits * i128::from(times);
    let (quotient, rest) = (product / divisor, product % divisor);
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => quotient % 2,
        std::cmp::Ordering::Greater => 1,
    };
    i64::try_from(quotient + up).ok()
}

fn nanos_of(unit: DurationUnit) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    match unit {
        DurationUnit::Millisecond => SECOND / 1_000,
        DurationUnit::Second => SECOND,
        DurationUnit::Minute => 60 * SECOND,
        DurationUnit::Hour => 3_600 * SECOND,
        DurationUnit::Day => 24 * 3_600 * SECOND,
        DurationUnit::Week => 7 * 24 * 3_600 * SECOND,
    }
}

/// By what a number is multiplied and divided to be in the unit of `Quantity::value`.
fn factor_of(unit: QuantityUnit) -> (i64, i64) {
    match unit {
        // 1 km/h = 1000 m / 3600 s = 2 500 000 / 9 millionths of 1 m/s.
        QuantityUnit::KilometrePerHour => (2_500_000, 9),
        QuantityUnit::MetrePerSecond | QuantityUnit::Metre => (1_000_000, 1),
        QuantityUnit::Kilometre => (1_000_000_000, 1),
        QuantityUnit::Byte => (1, 1),
        QuantityUnit::Kilobyte => (1_000, 1),
        QuantityUnit::Megabyte => (1_000_000, 1),
        QuantityUnit::Gigabyte => (1_000_000_000, 1),
        QuantityUnit::Terabyte => (1_000_000_000_000, 1),
        QuantityUnit::Kibibyte => (1 << 10, 1),
        QuantityUnit::Mebibyte => (1 << 20, 1),
        QuantityUnit::Gibibyte => (1 << 30, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(text: &str, expect: Option<i128>) {
        assert_eq!(number(text).map(|number| number.micros), expect);
    }

    #[track_caller]
    fn check_duration(text: &str, expect: Option<i64>) {
        assert_eq!(duration(text).map(|duration| duration.nanos), expect);
    }

    #[track_caller]
    fn check_quantity(text: &str, expect: Option<i64>) {
        assert_eq!(quantity(text).map(|quantity| quantity.value), expect);
    }

    #[test]
    fn numbers_are_exact_to_the_sixth_place() {
        check_number("12", Some(12_000_000));
        check_number("0.75", Some(750_000));
        check_number("0.1234560", Some(123_456));
        check_number("0.1234567", None);
    }

    #[test]
    fn numbers_keep_to_64_bits() {
        check_number("9223372036854775807", Some(9_223_372_036_854_775_807_000_000));
        check_number("9223372036854775808", None);
        check_number("9223372036854.775807", Some(9_223_372_036_854_775_807));
        check_number("9223372036854.775808", None);
        check_number(&"9".repeat(4_000), None);
    }

    #[test]
    fn durations_are_nanoseconds() {
        check_duration("250ms", Some(250_000_000));
        check_duration("1.5h", Some(5_400_000_000_000));
        check_duration("2w", Some(1_209_600_000_000_000));
        check_duration("99999999999d", None);
        check_duration("0.0000000005s", Some(0));
        check_duration("0.0000000015s", Some(2));
    }

    #[test]
    fn quantities_are_in_the_unit_of_their_dimension() {
        check_quantity("900 km/h", Some(250_000_000));
        check_quantity("100km/h", Some(27_777_778));
        check_quantity("2 m/s", Some(2_000_000));
        check_quantity("50 km", Some(50_000_000_000));
        check_quantity("80 metres", Some(80_000_000));
        check_quantity("64 KiB", Some(65_536));
        check_quantity("1.5 kB", Some(1_500));
        check_quantity("10000000 TB", None);
    }

    #[test]
    fn texts_know_their_escapes() {
        assert_eq!(text(r#""a\"b\\c\n\t\u{e9}""#).value, "a\"b\\c\n\té");
        assert_eq!(text(r"'\d+\.'").value, r"\d+\.");
        assert_eq!(text(r#""\q\u{110000}\u{E9}""#).value, r"\q\u{110000}\u{E9}");
    }
}
