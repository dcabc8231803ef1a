//! Numbers as people read them.

/// `1234567` -> `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `2 images`, `1 image`.
pub fn plural(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number as u64))
}

/// Decimal units, as stores bill them: `1.6 MB`.
pub fn bytes(number: u64) -> String {
    let (value, unit) = match number {
        0..1_000 => return format!("{number} B"),
        1_000..1_000_000 => (number as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (number as f64 / 1e6, "MB"),
        _ => (number as f64 / 1e9, "GB"),
    };
    if value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// `22 min`, `1 h 05 min`, `14 s`.
pub fn seconds(number: u64) -> String {
    match number {
        0..60 => format!("{number} s"),
        60..3_600 => format!("{} min", number.div_ceil(60)),
        _ => format!("{} h {:02} min", number / 3_600, number % 3_600 / 60),
    }
}

/// `2025-10-13T19:36:17.724Z` -> `2025-10-13 19:36`. What is no such time stays as it is.
pub fn minute(iso: &str) -> String {
    match iso.get(..16).and_then(|s| s.split_once('T')) {
        Some((day, time)) => format!("{day} {time}"),
        None => iso.to_owned(),
    }
}

/// `2025-10-13T19:36:17.724Z` -> `19:36:17`.
pub fn second(iso: &str) -> String {
    iso.get(11..19).unwrap_or(iso).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(bytes(153_268_403), "153 MB");
        assert_eq!(bytes(1_640_000), "1.6 MB");
        assert_eq!(seconds(1_300), "22 min");
        assert_eq!(seconds(3_900), "1 h 05 min");
        assert_eq!(plural(1, "image"), "1 image");
        assert_eq!(minute("2025-10-13T19:36:17.724Z"), "2025-10-13 19:36");
    }
}
